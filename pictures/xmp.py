"""The orientation that a picture's XMP packet names, which some editors write instead of EXIF."""

import re
from typing import Final

# In every packet that was seen, the orientation stands near its beginning; the rest may be an editing history.
MAX_XMP_BYTES: Final = 256 * 1024
# An attribute, or an element. XML is not parsed: entities and nesting would cost what their sender likes.
_ORIENTATION: Final = re.compile(rb"""\btiff:Orientation(?:\s{0,9}=\s{0,9}["']|\s{0,9}>\s{0,9})([1-8])\s{0,9}["'<]""")


def orientation_in_xmp(packet: bytes) -> int | None:
    """The EXIF orientation, 1 to 8, in the first 256 KiB of a packet; None if it says nothing usable.

    Only the usual prefix, `tiff`, is recognised.
    """
    found = _ORIENTATION.search(packet, 0, MAX_XMP_BYTES)
    return int(found[1]) if found else None
