"""Texts as a database can store them."""

from typing import Final

_LONGEST: Final = 1_000


def is_text(text: str) -> bool:
    """Whether a database can store a text: it has no NUL and no half of a surrogate pair."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(text: str) -> str:
    """A text for people, shortened, without what a database cannot store."""
    return text[:_LONGEST].replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
