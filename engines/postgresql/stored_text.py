"""Texts as PostgreSQL can store them: it knows no NUL character."""

from typing import Final

_ESCAPED: Final = str.maketrans({"\x00": "\x01\x01", "\x01": "\x01\x02"})


def to_stored(text: str) -> str:
    """A text without NUL characters, one for each text, in the same order."""
    return text.translate(_ESCAPED) if "\x00" in text or "\x01" in text else text


def from_stored(text: str) -> str:
    """The text that `to_stored` made this of."""
    return text.replace("\x01\x01", "\x00").replace("\x01\x02", "\x01") if "\x01" in text else text
