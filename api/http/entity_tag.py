"""Entity tags (RFC 9110, section 8.8.3), and the one that an answer has in each coding."""

import hashlib
from typing import Final

from api.http.accepted_codings import CODINGS, Coding

_DIGITS: Final = 32
# Also what Apache appends when it packs an answer by itself.
_SUFFIXES: Final[dict[Coding, str]] = {coding: f'-{coding}"' for coding in CODINGS}


def tag_of(content: bytes) -> str:
    """The strong tag of a content, with its quotes: equal contents have equal tags, in all processes."""
    return f'"{hashlib.sha256(content).hexdigest()[:_DIGITS]}"'


def tag_in(tag: str, coding: Coding) -> str:
    """The tag of the same content in a coding. A weak tag stands for all codings."""
    return tag if tag.startswith("W/") else tag.removesuffix('"') + _SUFFIXES[coding]
