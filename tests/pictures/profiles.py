"""ICC profiles, made from their definition (ICC.1:2010): matrices and gammas."""

import struct


def _s15(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, data, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        body += bytes(-len(body) % 4)
        table += name + struct.pack(">II", at, len(body))
        data += body
        at += len(body)
    header = struct.pack(">I4sI4s4s4s", at, b"\0\0\0\0", 0x02400000, b"mntr", space, b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += _s15(0.9642) + _s15(1.0) + _s15(0.8249)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + _s15(x) + _s15(y) + _s15(z)


def _gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


def _text(words: bytes) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(words) + 1) + words + b"\0" + bytes(78)


_WHITE = _xyz(0.9642, 1.0, 0.8249)
# The primaries and gamma of ROMM RGB (ISO 22028-2), known as ProPhoto.
WIDE_RGB = _profile(
    b"RGB ",
    {
        b"desc": _text(b"wide"),
        b"wtpt": _WHITE,
        b"rXYZ": _xyz(0.7977, 0.2880, 0.0),
        b"gXYZ": _xyz(0.1352, 0.7119, 0.0),
        b"bXYZ": _xyz(0.0313, 0.0001, 0.8249),
        b"rTRC": _gamma(1.8),
        b"gTRC": _gamma(1.8),
        b"bTRC": _gamma(1.8),
    },
)


def rgb_profile(profile: bytes, *, padding: int) -> bytes:
    """The same profile with bytes at its end that no tag uses."""
    return struct.pack(">I", len(profile) + padding) + profile[4:] + bytes(padding)


def grey_profile(*, gamma: float) -> bytes:
    """A profile for grey pictures."""
    return _profile(b"GRAY", {b"desc": _text(b"grey"), b"wtpt": _WHITE, b"kTRC": _gamma(gamma)})
