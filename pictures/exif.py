"""The orientation that a picture's EXIF block names."""

import struct

_ORIENTATION = 0x0112
_PREFIX = b"Exif\0\0"
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
# TIFF's types of whole numbers, and how each is read.
_WHOLE_NUMBERS = {3: "H", 4: "L", 8: "h", 9: "l"}
_ENTRY_BYTES = 12
# Real directories have under 50 entries; a block may claim 65,535.
_MAX_ENTRIES = 1_000


def orientation_of(exif: bytes) -> int:
    """EXIF orientation, 1 to 8; 1 where the block is absent, damaged or says nothing usable."""
    while exif.startswith(_PREFIX):
        exif = exif[len(_PREFIX) :]
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    (start,) = struct.unpack_from(f"{order}L", exif, 4)
    if start + 2 > len(exif):
        return 1
    (count,) = struct.unpack_from(f"{order}H", exif, start)
    found = 1
    for entry in range(min(count, _MAX_ENTRIES)):
        at = start + 2 + _ENTRY_BYTES * entry
        if at + _ENTRY_BYTES > len(exif):
            break
        tag, kind, values = struct.unpack_from(f"{order}HHL", exif, at)
        if tag == _ORIENTATION and kind in _WHOLE_NUMBERS and values == 1:
            # The last one counts where there are several, as in Pillow.
            (found,) = struct.unpack_from(f"{order}{_WHOLE_NUMBERS[kind]}", exif, at + 8)
    return found if 1 <= found <= 8 else 1
