"""Changes of single items."""

import json
from collections.abc import Mapping, Sequence

from lookalike_client.call import Call, Encoded, Form, Repeat, as_result, json_body
from lookalike_client.item_paths import item_path
from lookalike_client.photos import SentPhoto
from lookalike_client.results.items import ChangedItem

AttributeValue = str | float | Sequence[str] | None
"""Numbers are stored as their text, a list as its values joined by `|`; None: the item has no such attribute."""


def upsert_item(
    item_id: str,
    photo: SentPhoto,
    attributes: Mapping[str, AttributeValue],
    *,
    if_match: str | None,
    if_absent: bool,
) -> Call[ChangedItem]:
    """Add or replace an item.

    Raises:
        ValueError: both conditions are given.
    """
    if if_match is not None and if_absent:
        raise ValueError("if_match and if_absent cannot both hold; pass one of them")
    headers = {"If-None-Match": "*"} if if_absent else _if_match(if_match)
    body: Encoded | Form
    if photo.url is not None:
        body = json_body({"image_url": photo.url, "attributes": dict(attributes)})
    else:
        members = json.dumps(dict(attributes), ensure_ascii=False, allow_nan=False)
        body = Form({"item": members}, (photo.data or b"",))
    return Call(
        "PUT", item_path(item_id), as_result(ChangedItem), headers=headers, body=body, repeat=_repeat(bool(headers))
    )


def patch_item(item_id: str, changes: Mapping[str, AttributeValue], *, if_match: str | None) -> Call[ChangedItem]:
    """Change attributes of an item."""
    return Call(
        "PATCH",
        item_path(item_id),
        as_result(ChangedItem),
        headers=_if_match(if_match),
        body=json_body(dict(changes), "application/merge-patch+json"),
        repeat=_repeat(if_match is not None),
    )


def delete_item(item_id: str, *, if_match: str | None, missing_ok: bool) -> Call[None]:
    """Remove an item."""
    return Call(
        "DELETE",
        item_path(item_id),
        lambda _: None,
        headers=_if_match(if_match),
        repeat=_repeat(if_match is not None),
        done_if="unknown_item",
        done_at_once=missing_ok,
    )


def _if_match(tag: str | None) -> dict[str, str]:
    return {} if tag is None else {"If-Match": tag}


def _repeat(conditional: bool) -> Repeat:
    """A condition that held for a lost try does not hold for the next one, which would say that somebody was faster."""
    return Repeat.IF_REFUSED if conditional else Repeat.ALWAYS
