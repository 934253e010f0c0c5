"""Errors that name the file and line of a fault in a catalogue."""

from pathlib import Path

from contracts.errors import CatalogueError


def located(path: Path, line: int, problem: str) -> CatalogueError:
    """An error about one line of a file.

    Args:
        path: the file.
        line: counted from 1, as editors do.
        problem: what is wrong and what to do about it.
    """
    return CatalogueError(f"{path}, line {line}: {problem}")


def read_text(path: Path) -> str:
    """Read a UTF-8 file without its byte order mark.

    Raises:
        CatalogueError: the file cannot be read, is not UTF-8, or contains NUL bytes.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror}; check the path and its permissions") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise located(
            path,
            error.object.count(b"\n", 0, error.start) + 1,
            f"byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8 "
            "(in a spreadsheet: 'CSV UTF-8')",
        ) from None
    nul = text.find("\0")
    if nul >= 0:
        raise located(
            path, text.count("\n", 0, nul) + 1, "contains a NUL byte; is this a text file? Save it as UTF-8 text"
        )
    return text
