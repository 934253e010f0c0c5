"""Sizes of files and memory in words."""

from typing import Final

_UNITS: Final = (("kB", 1e3), ("MB", 1e6), ("GB", 1e9))


def size_in_words(size_bytes: int) -> str:
    """In the unit in which it is neither next to nothing nor thousands."""
    if size_bytes < 1_000:
        return "1 byte" if size_bytes == 1 else f"{size_bytes} bytes"
    # What would round up to a thousand of a unit is one of the next.
    unit, scale = next((each for each in _UNITS if size_bytes < 999.95 * each[1]), _UNITS[-1])
    return f"{size_bytes / scale:,.1f} {unit}"
