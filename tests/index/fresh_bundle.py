"""A live catalogue's truth, random changes of it, and the bundle that a build of the truth would give."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from contracts.changed_item import ChangedItem
from contracts.items import Item
from index.attributes import AttributeTable, sort_by_value
from index.bundle import Bundle
from index.full_embeddings import half_rows
from index.gallery import Gallery
from index.items import ItemTable, write_items
from index.tabulation import tabulate_attributes
from index.unit_vectors import unit_vectors


@dataclass(frozen=True)
class Truth:
    """One item as the database has it."""

    number: int
    item: Item
    embedding: NDArray[np.float32]


def fresh(base: Bundle, truth: Mapping[str, Truth]) -> Bundle:
    """All of the truth, tabled and laid out afresh with what a compaction takes over from `base`."""
    rows = sorted(truth.values(), key=lambda row: row.number)
    items = [row.item for row in rows]
    embeddings = np.stack([row.embedding for row in rows])
    kinds = {name: column.kind for name, column in base.attributes.columns.items()}
    tabulated = tabulate_attributes(items, carried=kinds)
    stream = io.BytesIO()
    offsets = write_items(items, stream)
    return replace(
        base,
        items=ItemTable(stream.getvalue(), offsets),
        attributes=AttributeTable(tabulated.columns, tabulated.codes, sort_by_value(tabulated.codes)),
        gallery=Gallery.of(unit_vectors(embeddings, base.reduction)),
        full_embeddings=half_rows(embeddings),
        numbers=np.array([row.number for row in rows], np.int64),
    )


def embedding_pool(base_embeddings: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Embeddings of changes: some of the base's own, so that items tie, new ones, one that reduces to zero."""
    generator = np.random.default_rng(seed)
    new = generator.standard_normal((12, base_embeddings.shape[1])).astype(np.float32)
    near = base_embeddings[:8] + np.float32(0.01) * new[:8]
    return np.concatenate([base_embeddings[:10], near, new, np.zeros((1, base_embeddings.shape[1]), np.float32)])


def changed(truth: Truth | None, item_id: str, sequence: int, number: int) -> ChangedItem:
    if truth is None:
        return ChangedItem(item_id, number, sequence, None, None)
    return ChangedItem(item_id, truth.number, sequence, truth.item, truth.embedding)


ATTRIBUTES = st.dictionaries(
    st.sampled_from(["title", "colour", "year", "sizes", "note", "size in cm"]),
    st.sampled_from(
        ["Black", "Navy, Blue", "2007", "2019", "12.5", "S|M", "M|L|XL", "|", "Shirt 3", "écru", "1,299 EUR"]
    ),
    max_size=5,
)
