"""The photo of a call: a file, bytes, an open file, or a URL that the service fetches."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from lookalike_client.shrinking import shrink_photo
from lookalike_client.urls import checked_url

Photo = str | os.PathLike[str] | bytes | BinaryIO
"""A `str` is always a URL and a file always a `pathlib.Path`, so that no text of a customer opens a file."""

_MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """A photo that was read. Exactly one is not None.

    Attributes:
        data: the file.
        url: from where the service fetches it.
    """

    data: bytes | None
    url: str | None


def read_photo(photo: Photo, *, shrink_to_px: int | None = None) -> SentPhoto:
    """Read a photo; a file object from where it stands.

    Args:
        photo: see `Photo`.
        shrink_to_px: longest side that is sent; None: as it is.

    Raises:
        ValueError: it is empty or has over 64 MiB, or the text is no URL.
        TypeError: a file was opened as text.
        OSError: the file cannot be read.
    """
    if isinstance(photo, str):
        return SentPhoto(None, checked_url(photo))
    data = _data(photo)
    if not data:
        raise ValueError("the photo is empty; a file object must stand at its beginning")
    if len(data) > _MOST_BYTES:
        raise ValueError(f"the photo has over {_MOST_BYTES // 1024**2} MiB; make it smaller")
    return SentPhoto(data if shrink_to_px is None else shrink_photo(data, shrink_to_px), None)


def _data(photo: os.PathLike[str] | bytes | BinaryIO) -> bytes:
    if isinstance(photo, bytes | bytearray | memoryview):
        return bytes(photo)
    if isinstance(photo, os.PathLike):
        with Path(photo).open("rb") as file:
            return file.read(_MOST_BYTES + 1)
    data = photo.read(_MOST_BYTES + 1)
    if not isinstance(data, bytes):
        raise TypeError("the photo is a file that was opened as text; open it with mode 'rb'")
    return data
