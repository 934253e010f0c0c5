"""Opens a feed as text, within limits: UTF-8 or UTF-16, plain or packed by gzip."""

import gzip
import io
import stat
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contracts.errors import FeedError
from feeds.limits import MAX_UNPACKED_BYTES

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP: Final = b"\x1f\x8b"
# What cannot be read, and what it is.
_OTHERS: Final = (
    (b"PK\x03\x04", "is a zip archive or a workbook; unpack it, or save the sheet as CSV UTF-8"),
    (b"PK\x05\x06", "is an empty zip archive; give the feed itself"),
    (b"BZh", "is packed by bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "is packed by xz; unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive; unpack it first"),
    (b"Rar!", "is a rar archive; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is packed by zstd; unpack it first"),
    (b"\xd0\xcf\x11\xe0", "is an Excel workbook; save the sheet as CSV UTF-8"),
    (b"%PDF", "is a PDF file; give a feed"),
    (BOM_UTF32_LE, "is UTF-32; save it as UTF-8"),
    (BOM_UTF32_BE, "is UTF-32; save it as UTF-8"),
    (b"+/v", "is UTF-7; save it as UTF-8"),
)
_SNIFFED_BYTES: Final = 4096


def open_text(path: Path, *, encoding: str = "utf-8") -> io.TextIOWrapper:
    """Open a feed; a byte 0xNN that is not UTF-8 is read as the character U+DCNN, so that the rest can be used.

    Args:
        path: of the file.
        encoding: of a file without byte order mark.

    Raises:
        FeedError: it is not a file, cannot be read, or is something else than text; also later, while it is read, if
            it is packed and damaged, cut off or too large when unpacked.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FeedError(f"{path} is not a file; give the path of a feed")
        data: io.BufferedReader = path.open("rb")
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    try:
        if data.peek(2)[:2] == _GZIP:
            data = io.BufferedReader(_Unpacked(path, data), 2**16)
        return _as_text(path, data, encoding)
    except OSError as error:
        data.close()
        raise unreadable(path, error) from None
    except BaseException:
        data.close()
        raise


def unreadable(path: Path, error: OSError | ValueError) -> FeedError:
    """What to say about a file that the system does not let us read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return FeedError(f"{path} cannot be read: {reason}; check the path and its permissions")


def _as_text(path: Path, data: io.BufferedReader, encoding: str) -> io.TextIOWrapper:
    head = data.peek(_SNIFFED_BYTES)[:_SNIFFED_BYTES]
    for beginning, what in _OTHERS:
        if head.startswith(beginning):
            raise FeedError(f"{path} {what}")
    if head.startswith(_GZIP):
        raise FeedError(f"{path} is packed by gzip twice; unpack it once")
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return io.TextIOWrapper(data, "utf-16", "strict", newline="")
    if head.startswith(BOM_UTF8):
        return io.TextIOWrapper(data, "utf-8-sig", "surrogateescape", newline="")
    if head[:2].count(0):
        raise FeedError(f"{path} is no text, or UTF-16 without a byte order mark; save it as UTF-8")
    # Single-byte encodings have no unreadable bytes, apart from a few that mean nothing.
    return io.TextIOWrapper(data, encoding, "surrogateescape", newline="")


class _Unpacked(io.RawIOBase):
    """What a gzip file holds, up to a limit.

    Args:
        path: for messages.
        packed: the file; closed with this.
    """

    def __init__(self, path: Path, packed: io.BufferedReader) -> None:
        self._path = path
        self._packed = packed
        self._unpacked = gzip.GzipFile(fileobj=packed, mode="rb")
        self._left = MAX_UNPACKED_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Unpack the next bytes into a buffer.

        Raises:
            FeedError: the file is damaged, cut off or too large.
        """
        try:
            count = self._unpacked.readinto(buffer)
        except EOFError:
            raise FeedError(f"{self._path} is cut off: its gzip data has no end; fetch it again") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise FeedError(f"{self._path} is damaged: {error}; fetch it again") from None
        self._left -= count
        if self._left < 0:
            raise FeedError(f"{self._path} has over {MAX_UNPACKED_BYTES:,} bytes when unpacked; split the feed")
        return count

    def close(self) -> None:
        """Close the file too."""
        try:
            if not self.closed:
                self._unpacked.close()
                self._packed.close()
        finally:
            super().close()
