"""The orientation that a picture's metadata name."""

import struct

from pictures.xmp import orientation_in_xmp

_ORIENTATION = 0x0112
_PREFIX = b"Exif\0\0"
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
# TIFF's types of whole numbers, and how each is read.
_WHOLE_NUMBERS = {3: "H", 4: "L", 8: "h", 9: "l"}
_ENTRY_BYTES = 12
# Real directories have under 50 entries; a block may claim 65,535.
_MAX_ENTRIES = 1_000


def orientation_of(exif: bytes, xmp: bytes = b"") -> int:
    """EXIF orientation, 1 to 8, of an EXIF block or else of an XMP packet; 1 where neither says anything usable."""
    return _in_exif(exif) or orientation_in_xmp(xmp) or 1


def orientation_block(orientation: int) -> bytes:
    """An EXIF block of 26 bytes that names the orientation and nothing else.

    Args:
        orientation: 1 to 8.
    """
    return b"MM\0*" + struct.pack(">LHHHLHHL", 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)


def _in_exif(exif: bytes) -> int | None:
    """None where the block is absent, damaged or says nothing usable."""
    while exif.startswith(_PREFIX):
        exif = exif[len(_PREFIX) :]
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None or len(exif) < 8:
        return None
    (start,) = struct.unpack_from(f"{order}L", exif, 4)
    if start + 2 > len(exif):
        return None
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    found = 0
    for entry in range(min(count, _MAX_ENTRIES)):
        at = start + 2 + _ENTRY_BYTES * entry
        if at + _ENTRY_BYTES > len(exif):
            break
        tag, kind, values = struct.unpack_from(f"{order}HHL", exif, at)
        if tag == _ORIENTATION and kind in _WHOLE_NUMBERS and values == 1:
            # The last one counts where there are several, as in Pillow.
            (found,) = struct.unpack_from(f"{order}{_WHOLE_NUMBERS[kind]}", exif, at + 8)
    return found if 1 <= found <= 8 else None
