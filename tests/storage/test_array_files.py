import struct
from pathlib import Path

import pytest

from storage.array_files import map_array


def nested(path: Path, depth: int) -> Path:
    """A file whose header is an expression of this depth."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%b3,), }" % (b"-" * depth)
    path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header + bytes(12))
    return path


@pytest.mark.parametrize("depth", [2, 1000, 3000, 9000])
def test_a_header_of_any_depth_is_refused(tmp_path: Path, depth: int) -> None:
    with pytest.raises(ValueError, match=r"it is not a \.npy file|malformed"):
        map_array(nested(tmp_path / "nested.npy", depth))
