"""Arrays of unknown origin cost no more than the file that holds them."""

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storage.array_archive import read_arrays

MB = 1_000_000
MOST = 2 * MB


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "arrays.npz"


@pytest.fixture
def frugal() -> Iterator[None]:
    """What happens inside may not take more than a few megabytes at any moment."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 5 * MB
    finally:
        tracemalloc.stop()


def npy(array: Any, header: bytes | None = None) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    content = stream.getvalue()
    return content if header is None else content[:10] + header.ljust(117) + b"\n" + content[128:]


def write(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


def test_what_numpy_saves_is_read(path: Path) -> None:
    arrays = {
        "matrix": np.arange(12, dtype=np.float32).reshape(3, 4),
        "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "text": np.array("minmax"),
        "truth": np.array(True),
        "none": np.empty((0, 5), np.int32),
    }
    np.savez(path, **arrays)  # type: ignore[arg-type]
    found = read_arrays(path, most_bytes=MOST)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert found[name].flags.writeable


@pytest.mark.usefixtures("frugal")
def test_a_compressed_array_is_not_inflated(path: Path) -> None:
    # 200 MB of zeros in 200 KB.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("matrix.npy", "w") as stream:
        stream.write(npy(np.zeros(0, np.uint8), b"{'descr': '|u1', 'fortran_order': False, 'shape': (200000000,), }"))
        for _ in range(200):
            stream.write(bytes(MB))
    with pytest.raises(ValueError, match=r"'matrix.npy' is compressed"):
        read_arrays(path, most_bytes=MOST)


@pytest.mark.usefixtures("frugal")
@pytest.mark.parametrize(
    "shape", [b"(200000000,)", b"(10**9,)", b"(1 << 70, 4)", b"(-1, -4)", b"(0, -1)", b"(3,)", b"(4, 2)", b"('a',)"]
)
def test_a_header_that_lies_allocates_nothing(path: Path, shape: bytes) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + b", }"
    write(path, matrix=npy(np.ones(4, np.float32), header))
    with pytest.raises(ValueError, match=r".+"):
        read_arrays(path, most_bytes=MOST)


@pytest.mark.parametrize(
    "content",
    [
        npy(np.array([{}], object)),
        npy(np.ones(4))[:-1],
        npy(np.ones(4)) + b"x",
        npy(np.ones(4), b"{'descr': '|O', 'fortran_order': False, 'shape': (4,), }"),
        npy(np.ones(4), b"{" * 117),
        npy(np.ones(4)).replace(b"NUMPY\x01", b"NUMPY\x03"),
        npy(np.ones(4)).replace(b"NUMPY\x01", b"NUMPY\x09"),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
        b"",
        b"garbage",
    ],
)
def test_what_is_no_plain_array_is_refused(path: Path, content: bytes) -> None:
    write(path, matrix=content)
    with pytest.raises(ValueError, match=r".+"):
        read_arrays(path, most_bytes=MOST)


def test_a_file_over_the_limit_is_not_opened(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(50 * MB)
    with pytest.raises(ValueError, match="has 50,000,000 bytes, but its arrays take at most 2,000,000"):
        read_arrays(path, most_bytes=MOST)


def test_two_arrays_of_one_name_are_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("matrix.npy", npy(np.ones(4)))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("matrix.npy", npy(np.ones(4)))
    with pytest.raises(ValueError, match="two of one name"):
        read_arrays(path, most_bytes=MOST)


def test_entries_on_top_of_each_other_are_refused(path: Path) -> None:
    write(path, **{f"m{number}": npy(np.ones(4)) for number in range(3)})
    content = path.read_bytes()
    # The directory claims that each is as large as the file.
    size = (len(content) // 2 + 20).to_bytes(4, "little")
    changed, start = bytearray(content), 0
    while (start := changed.find(b"PK\x01\x02", start)) >= 0:
        changed[start + 20 : start + 28] = size * 2
        start += 4
    path.write_bytes(changed)
    with pytest.raises(ValueError, match="together are larger than the file"):
        read_arrays(path, most_bytes=MOST)


@pytest.mark.parametrize("damage", [b"", b"PK", b"\x00" * 100])
def test_what_is_no_archive_is_refused(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    with pytest.raises(ValueError, match=r"it is not an \.npz file"):
        read_arrays(path, most_bytes=MOST)


def test_a_flipped_byte_is_noticed(path: Path) -> None:
    write(path, matrix=npy(np.ones(4)))
    content = bytearray(path.read_bytes())
    content[content.index(b"NUMPY") + 140] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="CRC"):
        read_arrays(path, most_bytes=MOST)
