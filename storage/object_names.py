"""Names of objects, which never lead out of a store's prefix."""

import re
from typing import Final

_SEGMENT: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]+", re.ASCII)
# Of a catalogue, whose names a shop chooses.
_FREE_SEGMENT: Final = re.compile(r"(?!\.{1,2}$)[^/\x00-\x1f\x7f\ud800-\udfff]+")
_LONGEST_BYTES: Final = 1024
_URL: Final = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[^?#]*))?", re.ASCII)


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


def bucket_and_prefix(url: str, *, any_name: bool = False) -> tuple[str, str] | None:
    """What a URL like `s3://bucket/prefix` names; the prefix may be empty. None if it is no such URL."""
    parsed = _URL.fullmatch(url)
    if parsed is None:
        return None
    prefix = (parsed["prefix"] or "").removesuffix("/")
    return (parsed["bucket"], prefix) if not prefix or is_object_name(prefix, any_name=any_name) else None
