"""The one form in which texts are stored and compared."""

import re
import unicodedata
from typing import Final

# Not among what `str.strip` calls white space, and yet they take no room on a screen.
_UNSEEN: Final = "\u200b\u2060\ufeff"
_EDGES: Final = re.compile(rf"\A[\s{_UNSEEN}]+|[\s{_UNSEEN}]+\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Unicode's Stream-Safe Text Format (UAX #15) allows as many combining marks in a row. Normalising takes time in
# proportion to the square of their number, and 10,000 take half a second.
_MOST_MARKS: Final = 30
# Whatever may be a combining mark is no word character.
_MARKS: Final = re.compile(rf"[^\w\x00-\x7f]{{{_MOST_MARKS + 1},}}")


def one_form(text: str) -> str:
    """A text in Unicode's NFC, without spaces and invisible characters at its ends.

    So `Écru` is one value, whether an editor stored its first letter as one character or as two.
    """
    return text.strip() if text.isascii() else _EDGES.sub("", nfc(text))


def one_form_of_id(item_id: str) -> str | None:
    """The form of an id that was asked for, or None if it holds control characters, as no item's id does."""
    return None if _CONTROL.search(item_id) else one_form(item_id)


def nfc(text: str) -> str:
    """A text in Unicode's NFC; one with over 30 combining marks in a row, which no language has, stays as it is."""
    if text.isascii() or any(_has_too_many_marks(found.group()) for found in _MARKS.finditer(text)):
        return text
    return unicodedata.normalize("NFC", text)


def is_unicode(text: str) -> bool:
    """Whether a text can be encoded; one with half of a surrogate pair cannot, and no item has one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _has_too_many_marks(text: str) -> bool:
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MOST_MARKS:
            return True
    return False
