"""A name inside a URL path."""

from urllib.parse import quote


def segment(name: str) -> str:
    """One segment of a path, percent-encoded.

    Raises:
        ValueError: it would lead to another path.
    """
    if name in {"", ".", ".."}:
        raise ValueError(f"{name!r} is not an id")
    return quote(name, safe="")
