"""Names of objects, which never lead out of a store's prefix."""

import re
from typing import Final

_SEGMENT: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]+", re.ASCII)
# Of a catalogue, whose names a shop chooses.
_FREE_SEGMENT: Final = re.compile(r"(?!\.{1,2}$)[^/\x00-\x1f\x7f\ud800-\udfff]+")
_LONGEST_BYTES: Final = 1024


def is_object_name(name: str, *, any_name: bool = False) -> bool:
    """Whether a text names an object: segments separated by `/`, none of them empty, `.` or `..`.

    Args:
        name: relative to the prefix of a store.
        any_name: whether segments may have other characters than letters, digits, `.`, `_` and `-`, except control
            characters.
    """
    segment = _FREE_SEGMENT if any_name else _SEGMENT
    segments = name.split("/")
    return all(map(segment.fullmatch, segments)) and len(name.encode()) <= _LONGEST_BYTES
