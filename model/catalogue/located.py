"""Errors that name the file and line of a fault in a catalogue."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
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


def not_utf8(byte: int) -> str:
    """What is wrong with a byte that is not UTF-8, and what to do about it."""
    return f"byte 0x{byte:02x} is not UTF-8; save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')"


def read_text(path: Path, *, lenient: bool = False) -> str:
    """Read a UTF-8 file without its byte order mark.

    Args:
        path: the file.
        lenient: keep NUL, and a byte 0xNN that is not UTF-8 as the character U+DCNN, so that the rest can be used.

    Raises:
        CatalogueError: the file cannot be read; unless lenient, it is not UTF-8 or contains NUL bytes; or it is
            UTF-16.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror}; check the path and its permissions") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if lenient and not data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            return data.removeprefix(BOM_UTF8).decode("utf-8", "surrogateescape")
        line = error.object.count(b"\n", 0, error.start) + 1
        raise located(path, line, not_utf8(error.object[error.start])) from None
    if lenient:
        return text
    nul = text.find("\0")
    if nul >= 0:
        raise located(
            path, text.count("\n", 0, nul) + 1, "contains a NUL byte; is this a text file? Save it as UTF-8 text"
        )
    return text
