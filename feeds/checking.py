"""Decides for each row of a feed whether it can be used."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from contracts.attribute_limits import attributes_problem
from contracts.errors import CatalogueError
from contracts.plain_ids import check_id
from contracts.text_form import one_form
from feeds.limits import MAX_PICTURE_CHARACTERS
from feeds.rows import BadRow, FeedRow, RowCode, is_address

# Ids up to this length take as much memory as a digest of them.
_SHORT: Final = 32
_SHOWN: Final = 200
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|//")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
# What stands for a byte that is no UTF-8, see `feeds.text`.
_STRAY: Final = re.compile("[\udc80-\udcff]")


class RowChecker:
    """Checks rows one by one, and remembers the ids of the good ones.

    Args:
        needs_picture: whether a row without a picture is bad.
    """

    def __init__(self, *, needs_picture: bool) -> None:
        self._needs_picture = needs_picture
        self._seen: set[str | bytes] = set()

    def row(self, number: int, item_id: str, picture: str, attributes: Mapping[str, str]) -> FeedRow | BadRow:
        """Check a row.

        Args:
            number: see `FeedRow.row`.
            item_id, picture: as in the feed; empty if there is none.
            attributes: in one form, without empty ones.
        """
        item_id, picture = one_form(item_id), picture.strip()
        stray = None if item_id.isascii() else _STRAY.search(item_id)
        if stray is not None:
            return bad_row(number, item_id, "not_utf8", not_utf8(ord(stray.group()) & 0xFF))
        if not item_id:
            return BadRow(number, None, "missing_id", "has no id; give every item an id")
        try:
            check_id(item_id)
        except CatalogueError as error:
            return bad_row(number, item_id, "invalid_id", str(error))
        key = item_id if len(item_id) <= _SHORT else hashlib.blake2b(item_id.encode(), digest_size=16).digest()
        if key in self._seen:
            return BadRow(number, item_id, "duplicate_id", "has the id of an earlier row, which counts; remove one")
        wrong = self._picture_problem(picture)
        if wrong is not None:
            return bad_row(number, item_id, *wrong)
        problem = attributes_problem(attributes)
        if problem is not None:
            for value in attributes.values():
                stray = None if value.isascii() else _STRAY.search(value)
                if stray is not None:
                    return bad_row(number, item_id, "not_utf8", not_utf8(ord(stray.group()) & 0xFF))
            return bad_row(number, item_id, "invalid_attributes", problem)
        self._seen.add(key)
        return FeedRow(number, item_id, picture or None, attributes)

    def _picture_problem(self, picture: str) -> tuple[RowCode, str] | None:
        if not picture:
            if self._needs_picture:
                return "missing_image", "names no picture; give its URL, or its path below the feed's folder"
            return None
        if len(picture) > MAX_PICTURE_CHARACTERS:
            return "invalid_image", (
                f"names a picture by {len(picture):,} characters, over {MAX_PICTURE_CHARACTERS:,}; give its URL or path"
            )
        if _CONTROL.search(picture):
            return "invalid_image", f"names the picture {picture!r:.100}, which holds a control character; remove it"
        if _SCHEME.match(picture) and not is_address(picture):
            return "invalid_image", (
                f"names the picture {picture!r:.100}, which is neither an https:// URL nor a path; correct it"
            )
        return None


def bad_row(number: int, item_id: str | None, code: RowCode, detail: str) -> BadRow:
    """A bad row whose id may be of any length and hold anything."""
    if item_id is None:
        return BadRow(number, None, code, detail)
    shown = item_id if len(item_id) <= _SHOWN else item_id[:_SHOWN] + "..."
    if not shown.isprintable():
        shown = ascii(shown)[1:-1]
    return BadRow(number, shown or None, code, detail)


def not_utf8(byte: int) -> str:
    """What is wrong with a byte that is not UTF-8, and what to do about it."""
    return f"holds byte 0x{byte:02x}, which is not UTF-8; save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
