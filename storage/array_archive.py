"""Reading .npz files of unknown origin: nothing is allocated that the file itself does not hold."""

import io
import math
import os
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from storage.array_headers import ONE_HEADER_AT_A_TIME

_MOST_ARRAYS: Final = 64
_SUFFIX: Final = ".npy"
# What zipfile and NumPy's parser of headers raise for damaged bytes, besides ValueError.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
    EOFError,
    MemoryError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
)


def read_arrays(path: Path, *, most_bytes: int) -> dict[str, NDArray[Any]]:
    """Read the arrays of an uncompressed .npz file, by name.

    `numpy.load` inflates whatever the file holds, and allocates what a header says before it reads. Here the file's
    size, its directory and the header of each array are checked first.

    Args:
        path: a file that `numpy.savez` wrote.
        most_bytes: size of the largest file that may be expected.

    Raises:
        ValueError: the file is larger, an array is compressed, encrypted or contains Python objects, its header
            does not fit its size, or the file is damaged.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return _read(stream, os.fstat(stream.fileno()).st_size, most_bytes)


def parse_arrays(content: bytes, *, most_bytes: int) -> dict[str, NDArray[Any]]:
    """The arrays of an uncompressed .npz file that was read already; see `read_arrays`.

    Raises:
        ValueError: as there.
    """
    return _read(io.BytesIO(content), len(content), most_bytes)


def _read(stream: BinaryIO, size: int, most_bytes: int) -> dict[str, NDArray[Any]]:
    if size > most_bytes:
        raise ValueError(f"it has {size:,} bytes, but its arrays take at most {most_bytes:,}")
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            _check_entries(entries, size)
            return {entry.filename.removesuffix(_SUFFIX): _read_array(archive, entry) for entry in entries}
    except _DAMAGE as error:
        raise ValueError(f"it is not an .npz file: {error}") from error


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > _MOST_ARRAYS or len({entry.filename for entry in entries}) != len(entries):
        raise ValueError(f"it has over {_MOST_ARRAYS} arrays, or two of one name")
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise ValueError(f"{entry.filename!r:.60} is compressed; `numpy.savez` stores it as it is")
        if not entry.filename.endswith(_SUFFIX):
            raise ValueError(f"{entry.filename!r:.60} is not an array")
    # Entries may lie on top of each other.
    if sum(entry.file_size for entry in entries) > size:
        raise ValueError("its arrays together are larger than the file")


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(entry) as stream:
        with ONE_HEADER_AT_A_TIME:
            shape, fortran_order, kind = _read_header(stream)
        if kind.hasobject:
            raise ValueError(f"{entry.filename!r:.60} contains Python objects")
        left = entry.file_size - stream.tell()
        if any(side < 0 for side in shape) or math.prod(shape) * kind.itemsize != left:
            raise ValueError(f"{entry.filename!r:.60} is {kind} of shape {shape!s:.60}, but holds {left:,} bytes")
        # Writable, as `numpy.load` returns arrays: the search is compiled for those.
        content = bytearray(stream.read())
        # Reading to the end compares the checksum too.
        if len(content) != left:
            raise ValueError(f"{entry.filename!r:.60} is truncated")
    flat = np.frombuffer(content, kind) if kind.itemsize else np.zeros(math.prod(shape), kind)
    return flat.reshape(shape, order="F" if fortran_order else "C")


def _read_header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(stream)
    raise ValueError(f"its arrays have version {version} of the format, not 1.0 or 2.0")
