"""The items of a bundle as points of a collection."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from contracts.text_form import one_form
from engines.qdrant.collection import FULL, REDUCED
from engines.qdrant.held_columns import ATTRIBUTES, CROP, FORM, ID, IMAGE, HeldColumn
from index.attributes import MISSING
from index.bundle import Bundle
from index.columns.column import Column
from index.columns.list_members import split_list


class Points:
    """Makes the points of some items.

    Args:
        bundle: that has the items.
        columns: of its attributes.
    """

    def __init__(self, bundle: Bundle, columns: Sequence[HeldColumn]) -> None:
        self._bundle = bundle
        self._columns = [(held, bundle.attributes.columns[held.name]) for held in columns]

    def of(self, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> models.Batch:
        """The points of some rows, whose items have some numbers."""
        payloads = [self._item(row) for row in rows.tolist()]
        for held, column in self._columns:
            codes = self._bundle.attributes.codes(held.name)[rows].tolist()
            parts = {code: _payload(held, column, code) for code in set(codes) if code != MISSING}
            for payload, code in zip(payloads, codes, strict=True):
                payload |= parts.get(code, {})
        reduced = [self._bundle.gallery.reduced(row).tolist() for row in rows.tolist()]
        full = self._bundle.full_embeddings[rows].astype(np.float32).tolist()
        return models.Batch(ids=numbers.tolist(), vectors={REDUCED: reduced, FULL: full}, payloads=payloads)

    def _item(self, row: int) -> dict[str, Any]:
        record = self._bundle.items.record(row)
        payload: dict[str, Any] = {ID: record.id, IMAGE: record.image, ATTRIBUTES: record.attributes.decode()}
        form = one_form(record.id)
        if form != record.id:
            payload[FORM] = form
        if record.crop is not None:
            payload[CROP] = list(record.crop)
        return payload


def _payload(held: HeldColumn, column: Column, code: int) -> Mapping[str, Any]:
    """What a value adds to the payload of an item."""
    value = column.values[code]
    payload: dict[str, Any] = {held.whole_key: value}
    if held.kind.several:
        payload[held.values_key] = split_list(value)
    form = one_form(value)
    if form != value:
        payload[held.form_key] = form
    comparable = float(column.comparables[code])
    if not np.isnan(comparable):
        payload[held.number_key] = comparable
    return payload
