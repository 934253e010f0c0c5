"""The database of the live catalogue, as the processes that `serve` starts expect it."""

from collections.abc import Mapping

from contracts.secret_files import read_secret_files
from contracts.settings_names import DATABASE_URL, FILE_SUFFIX


def has_database(environment: Mapping[str, str]) -> bool:
    """Whether there is a live catalogue."""
    return bool(environment.get(DATABASE_URL) or environment.get(f"{DATABASE_URL}{FILE_SUFFIX}"))


def make_database(environment: Mapping[str, str]) -> None:
    """Make the database, or bring it up to date, before a process starts that only reads it.

    One that is away is left to the importer.

    Raises:
        DatabaseError: the address is wrong, or the database can never be used.
        LaunchError: the file with its address cannot be read.
    """
    # Only where there is a database: it takes a while to import.
    from catalogue.live_catalogue import LiveCatalogue

    url = read_secret_files(environment, (DATABASE_URL,)).get(DATABASE_URL) or environment[DATABASE_URL]
    LiveCatalogue.open(url, create=True).close()
