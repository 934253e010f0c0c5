"""The one form in which texts are stored and compared."""

import re
import unicodedata
from typing import Final

# Not among what `str.strip` calls white space, and yet they take no room on a screen.
_UNSEEN: Final = "\u200b\u2060\ufeff"
_EDGES: Final = re.compile(rf"\A[\s{_UNSEEN}]+|[\s{_UNSEEN}]+\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def one_form(text: str) -> str:
    """A text in Unicode's NFC, without spaces and invisible characters at its ends.

    So `Écru` is one value, whether an editor stored its first letter as one character or as two.
    """
    if text.isascii():
        return text.strip()
    return _EDGES.sub("", unicodedata.normalize("NFC", text))


def one_form_of_id(item_id: str) -> str | None:
    """The form of an id that was asked for, or None if it holds control characters, as no item's id does."""
    return None if _CONTROL.search(item_id) else one_form(item_id)
