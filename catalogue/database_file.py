"""The file of a SQLite database: made, and checked before SQLite touches it."""

import os
from pathlib import Path
from typing import Final

from catalogue.file_systems import network_file_system
from contracts.errors import DatabaseError, DatabaseUnavailableError
from storage.durable_files import flush_folder

_MAGIC: Final = b"SQLite format 3\x00"


def check_file(file: Path) -> None:
    """Refuse a file that SQLite could not use, or would damage.

    Raises:
        DatabaseError: it is no database, or is on a file system of the network.
        DatabaseUnavailableError: it does not exist yet, or cannot be read now.
    """
    kind = network_file_system(file.parent)
    if kind is not None:
        raise DatabaseError(
            f"{file} is on a file system of the network ({kind}), where SQLite loses changes; put it on a local disk, "
            "or use PostgreSQL"
        )
    try:
        if file.is_dir():
            raise DatabaseError(f"{file} is a folder; name a file in it, such as {file / 'catalogue.db'}")
        # A pipe would block whoever opens it.
        if file.exists() and not file.is_file():
            raise DatabaseError(f"{file} is no regular file; name another one")
        with file.open("rb") as stream:
            beginning = stream.read(len(_MAGIC))
    except FileNotFoundError:
        raise DatabaseUnavailableError(
            f"there is no database {file}; the importer makes it, as `lookalike import` does, or correct the address"
        ) from None
    except OSError as error:
        raise DatabaseUnavailableError(
            f"the database {file} cannot be read ({error.strerror}); let this user read and write it"
        ) from None
    if beginning and beginning != _MAGIC:
        raise DatabaseError(f"{file} is no SQLite database; name another file, which will be made")


def make_file(file: Path) -> None:
    """Make an empty file that only this user can read, and its folder, if they do not exist.

    Raises:
        DatabaseError: they cannot be made.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        flush_folder(file.parent)
    except FileExistsError:
        if not file.parent.is_dir():
            raise DatabaseError(f"{file.parent} is no folder; correct the database's address") from None
    except OSError as error:
        raise DatabaseError(
            f"the database {file} cannot be made ({error.strerror}); let this user write there, or correct the address"
        ) from None
