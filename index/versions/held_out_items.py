"""Which items of a bundle its network was not trained on."""

from collections.abc import Iterator

import orjson

from contracts.hold_out import HeldOutBy, unseen
from contracts.items import Item
from index.bundle import Bundle

# Why the items that a network was not trained on cannot be named.
_UNNAMED: dict[HeldOutBy, str] = {
    "unknown": "the bundle does not record what the training of {model} held out; extract and build again",
    "nothing": "{model} was trained on all items",
    "partitions": "the training of {model} held out the partitions of its catalogue, which bundles do not hold",
}


def held_out_ids(bundle: Bundle) -> frozenset[str] | None:
    """The ids of the items that the bundle's network was not trained on, as far as its record names them.

    Returns:
        None if the network was never trained on a catalogue, so all items are new to it.

    Raises:
        LookupError: they cannot be named; says why.
    """
    by = bundle.model.held_out_by
    if by == "untrained":
        return None
    if by in _UNNAMED:
        raise LookupError(_UNNAMED[by].format(model=bundle.model.version))
    # Equal pictures have equal embeddings, and a bundle holds no digests.
    pictures = [row.tobytes() for row in bundle.full_embeddings]
    items = list(_items(bundle))
    return frozenset(item.id for item, new in zip(items, unseen(items, pictures, by).tolist(), strict=True) if new)


def _items(bundle: Bundle) -> Iterator[Item]:
    for row in range(len(bundle.items)):
        yield Item(bundle.items.id(row), "", orjson.loads(bundle.items.attributes_json(row)))
