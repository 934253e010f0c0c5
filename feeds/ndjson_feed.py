"""Reads a feed of JSON objects, one on each line."""

import json
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from typing import Final

from contracts.errors import FeedError
from contracts.items import MISSING_VALUES
from contracts.text_form import one_form
from feeds.checking import RowChecker, bad_row, not_utf8
from feeds.head import Head
from feeds.limits import MAX_ROW_CHARACTERS
from feeds.names import ID, IMAGE_NAMES, Names
from feeds.options import ReadingOptions
from feeds.rows import BadRow, FeedRow
from feeds.text import open_text

_ATTRIBUTES: Final = "attributes"


def read_ndjson(options: ReadingOptions, _head: Head) -> Iterator[FeedRow | BadRow]:
    """The rows of a feed of JSON objects with `id`, and `image` or `image_url`.

    The members of `attributes`, and all others, are attributes. Numbers stay as they are written, and lists become
    `S|M|L`.

    Raises:
        FeedError: it ends in the middle of a line.
    """
    names = Names(options.mapping)
    checker = RowChecker(needs_picture=options.needs_picture)
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant)
    with open_text(options.path) as stream:
        for number, line in _lines(stream):
            text = line.strip()
            if not text:
                continue
            if len(line) > MAX_ROW_CHARACTERS:
                yield BadRow(number, None, "row_too_long", f"has over {MAX_ROW_CHARACTERS:,} characters; shorten it")
                continue
            try:
                members = decoder.decode(text)
            except (ValueError, RecursionError) as error:
                if not line.endswith(("\n", "\r")):
                    raise FeedError(
                        f"{options.path} ends in the middle of line {number}, so it was cut off; fetch it again, or "
                        "remove the line"
                    ) from None
                yield BadRow(number, None, "broken_row", _why(text, error))
                continue
            if not isinstance(members, dict):
                yield BadRow(number, None, "broken_row", "is no JSON object; write {...} with id and image")
                continue
            yield _row(number, members, names, checker)


def _lines(stream: TextIOWrapper) -> Iterator[tuple[int, str]]:
    """The number and text of each line; of one that is too long, its beginning."""
    number = 0
    while line := stream.readline(MAX_ROW_CHARACTERS + 1):
        number += 1
        piece = line
        while len(piece) > MAX_ROW_CHARACTERS and not piece.endswith(("\n", "\r")):
            piece = stream.readline(MAX_ROW_CHARACTERS + 1)
        yield number, line


def _row(number: int, members: Mapping[str, object], names: Names, checker: RowChecker) -> FeedRow | BadRow:
    item_id = ""
    pictures: dict[str, str] = {}
    attributes: dict[str, str] = {}
    inner = members.get(_ATTRIBUTES)
    nested = inner if isinstance(inner, dict) else {}
    flat = {name: value for name, value in members.items() if name != _ATTRIBUTES} if nested else members
    for member, value in flat.items():
        target = names.target(member)
        if target is None or value is None or value == {}:
            continue
        text = _text(value, first=target in IMAGE_NAMES)
        if text is None:
            return _nested(number, item_id, member)
        if target == ID:
            item_id = text
        elif target in IMAGE_NAMES:
            pictures[target] = text
        elif (formed := one_form(text)) not in MISSING_VALUES:
            attributes[target] = formed
    for member, value in nested.items():
        # Beside the item's own id and picture, these are attributes like others.
        target = names.target(member) if names.is_mapped(member) else one_form(member)
        if target is None or value is None:
            continue
        text = _text(value)
        if text is None:
            return _nested(number, item_id, member)
        if (formed := one_form(text)) not in MISSING_VALUES:
            attributes[target] = formed
    picture = next((pictures[name] for name in IMAGE_NAMES if pictures.get(name)), "")
    return checker.row(number, item_id, picture, attributes)


def _nested(number: int, item_id: str, member: str) -> BadRow:
    return bad_row(
        number,
        one_form(item_id) or None,
        "invalid_attributes",
        f"has the member {member!r:.60}, which is neither a value nor a list of values; map it to null to leave it out",
    )


def _text(value: object, *, first: bool = False) -> str | None:
    """A value as text; of a list the first, or all as `S|M|L`; None if it is nested."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        texts = [_text(each) for each in value if each is not None and not isinstance(each, list)]
        present = [text for text in texts if text is not None]
        if len(present) == len(value):
            return next(iter(present), "") if first else "|".join(present)
    return None


def _why(text: str, error: ValueError | RecursionError) -> str:
    stray = None if text.isascii() else next((each for each in text if "\udc80" <= each <= "\udcff"), None)
    if stray is not None:
        return not_utf8(ord(stray) & 0xFF)
    if isinstance(error, RecursionError):
        return "is nested too deeply; write id, image and attributes on one level"
    return f"is no valid JSON: {error!s:.200}; write one JSON object on each line"


def _refuse_constant(name: str) -> str:
    raise ValueError(f"{name} is no number of JSON")
