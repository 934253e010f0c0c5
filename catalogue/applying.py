"""What a change makes of an item; knows no database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from catalogue.items import Change, Delete, Expected, Patch, Put, StoredItem
from catalogue.storable_text import is_text
from contracts.attribute_limits import check_attributes
from contracts.errors import CatalogueError, PreconditionError, UnknownItemError
from contracts.items import MISSING_VALUES, check_item_id, present_attributes
from contracts.text_form import one_form


@dataclass(frozen=True, slots=True)
class Applied:
    """An item before it has a sequence number.

    Attributes:
        item: after the change; its number counts only if `created` is False.
        changed: whether it is another one now.
        created: whether there was no such item before, so that it needs a number.
    """

    item: StoredItem
    changed: bool
    created: bool


def check_change(change: Change) -> Change:
    """A change in one form.

    Raises:
        CatalogueError: its id or picture cannot be stored.
        AttributesError: its attributes cannot be stored.
    """
    check_id(change.id)
    if isinstance(change, Delete):
        return change
    if isinstance(change, Patch):
        patched: dict[str, str | None] = {}
        for name, value in change.attributes.items():
            patched[one_form(name)] = None if value is None else one_form(value)
        present = {name: "" if value is None else value for name, value in patched.items()}
        check_attributes(present)
        return Patch(change.id, {name: None if value in MISSING_VALUES else value for name, value in present.items()})
    check_text(change.image, "the name of the picture")
    if len(change.content) != 32:
        raise CatalogueError(f"the content of item {change.id!r:.100} must be a SHA-256 of 32 bytes")
    attributes = present_attributes(change.attributes)
    check_attributes(attributes)
    return replace(change, attributes=attributes)


def check_id(item_id: str) -> None:
    """Refuse an id that is not in one form, or could not be addressed.

    Raises:
        CatalogueError: it is such an id.
    """
    check_item_id(item_id)
    if one_form(item_id) != item_id:
        raise CatalogueError(
            f"id {item_id!r:.100} is not in one form; remove the space at its ends, and write it in NFC"
        )


def check_text(text: str, what: str) -> None:
    """Refuse a text that no database stores.

    Raises:
        CatalogueError: it holds NUL, or half of a surrogate pair.
    """
    if not is_text(text):
        raise CatalogueError(f"{what} holds NUL or half of a surrogate pair, which is no text: {text!r:.100}")


def applied(stored: StoredItem | None, change: Change, expected: Expected) -> Applied:
    """Apply a change of `check_change` to what is stored.

    Args:
        stored: the item of its id, also a deleted one; None: there never was one.

    Raises:
        UnknownItemError: an item that does not exist was to be changed or deleted.
        PreconditionError: it is not what was expected.
        AttributesError: the item would have too many attributes.
    """
    live = stored if stored is not None and not stored.deleted else None
    if live is None and not isinstance(change, Put):
        raise UnknownItemError(change.id)
    check_expected(live, change.id, expected)
    if isinstance(change, Put):
        return _put(stored, live, change)
    # Only a Put goes on without an item.
    if live is None:
        raise UnknownItemError(change.id)
    if isinstance(change, Delete):
        gone = replace(live, version=live.version + 1, deleted=True, attributes={})
        return Applied(gone, changed=True, created=False)
    return _patched(live, change)


def check_expected(item: StoredItem | None, item_id: str, expected: Expected) -> None:
    """Refuse an item that is not what a client expects.

    Args:
        item: as it is; None: there is none.
        item_id: its id.
        expected: what it must be.

    Raises:
        PreconditionError: it is something else.
    """
    if expected.absent and item is not None:
        raise PreconditionError(f"there is an item {item_id!r:.120} already, in version {item.version}")
    if expected.versions is not None and (item is None or item.version not in expected.versions):
        # Tags that are no versions are those of answers.
        versions = ", ".join(map(str, sorted(expected.versions)))
        named = f"version {versions}" if versions else "the version that was named (the ETag of a GET names an answer)"
        now = "there is no such item" if item is None else f"it is in version {item.version}"
        raise PreconditionError(f"item {item_id!r:.120} is not in {named}: {now}; read it, and decide again")
    if expected.present and item is None:
        raise PreconditionError(f"there is no item {item_id!r:.120}, and it was expected")


def _put(stored: StoredItem | None, live: StoredItem | None, put: Put) -> Applied:
    if live is None:
        version = 1 if stored is None else stored.version + 1
        item = StoredItem(put.id, -1, version, -1, False, put.image, put.crop, put.content, put.attributes)
        return Applied(item, changed=True, created=True)
    same_picture = (live.image, live.crop, live.content) == (put.image, put.crop, put.content)
    if same_picture and _same(live.attributes, put.attributes):
        return Applied(live, changed=False, created=False)
    item = replace(
        live,
        version=live.version + 1,
        image=put.image,
        crop=put.crop,
        content=put.content,
        attributes=put.attributes,
    )
    return Applied(item, changed=True, created=False)


def _patched(live: StoredItem, patch: Patch) -> Applied:
    merged = dict(live.attributes)
    for name, value in patch.attributes.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    if _same(live.attributes, merged):
        return Applied(live, changed=False, created=False)
    check_attributes(merged)
    return Applied(replace(live, version=live.version + 1, attributes=merged), changed=True, created=False)


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return dict(one) == dict(other)
