"""A version that Qdrant holds, as a part of a catalogue."""

import base64
from collections.abc import Collection as Values
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from contracts.text_form import is_unicode, one_form_of_id
from engines.held_numbers import HeldNumbers
from engines.qdrant.candidates import QdrantCandidates
from engines.qdrant.collection import Collection
from engines.qdrant.conditions import Where, one_of, where_tests
from engines.qdrant.held_columns import ATTRIBUTES, CROP, FORM, FULL, ID, IMAGE, HeldColumn, place_in
from engines.qdrant.hidden_numbers import HiddenNumbers
from engines.qdrant.notes import Notes
from index.columns.column import Column, ColumnKind
from index.columns.fields import FieldTest
from index.columns.number_style import parse_number
from index.columns.prefix_search import beginning_with
from index.part import QueryVectors
from index.query import ColumnDescription, ItemRecord

_IDS_AT_ONCE: Final = 1_000


class QdrantPart:
    """See `index.base_part.BasePart`.

    What stays in memory is a number for each item, unless they are evenly spaced, the columns, and what is hidden.

    Args:
        collection: that holds it.
        notes: of a complete version.
        numbers: of its items.
        hidden: the items that are not found.
        firsts: where each column first appears; None: as the notes say.

    Attributes:
        collection: this.
        held: the columns by name.
        components, dimensions, scoring, approximate: see `Notes`.
    """

    def __init__(
        self,
        collection: Collection,
        notes: Notes,
        numbers: HeldNumbers,
        *,
        hidden: HiddenNumbers | None = None,
        firsts: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        self.collection = collection
        self.held: Mapping[str, HeldColumn] = {column.name: column for column in notes.columns}
        self.components, self.dimensions = notes.components, notes.dimensions
        self.scoring, self.approximate = notes.scoring, notes.approximate
        self._notes = notes
        self._numbers = numbers
        self._hidden = HiddenNumbers() if hidden is None else hidden
        self._firsts = (
            {column.name: column.first for column in notes.columns if column.items} if firsts is None else firsts
        )

    def __len__(self) -> int:
        return self._numbers.size - len(self._hidden)

    @property
    def remote(self) -> bool:
        """See `Part`."""
        return True

    @property
    def columns(self) -> Mapping[str, ColumnKind]:
        """See `BasePart`."""
        return {name: column.kind for name, column in self.held.items()}

    @cached_property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """See `Part`."""
        return {name: self.held[name].kind for name in sorted(self._firsts, key=self._firsts.__getitem__)}

    def without(self, numbers: NDArray[np.int64]) -> "QdrantPart":
        """See `BasePart`."""
        if not numbers.size:
            return self
        hidden = self._hidden.and_others(numbers, self._numbers)
        return QdrantPart(
            self.collection, self._notes, self._numbers, hidden=hidden, firsts=self._firsts_without(hidden)
        )

    def first_places(self) -> Mapping[str, tuple[int, int]]:
        """See `Part`."""
        return self._firsts

    def describe(self) -> Sequence[ColumnDescription]:
        """See `Part`."""
        return [self._described(self.held[field]) for field in self.kinds]

    def find_values(self, field: str, prefix: str, most: int | None = None, also: Values[str] = ()) -> dict[str, int]:
        """See `Part`; all values travel, because Qdrant finds no beginnings in another case."""
        column = self.held.get(field)
        if column is None:
            return {}
        if not prefix.lstrip():
            return self.candidates((), ()).count_values(field, most, also)
        counted = self._counts(column.values_key, column.named)
        values = sorted(counted)
        beginning = {values[at] for at in beginning_with(values, prefix).tolist()}
        found = {value: count for value, count in counted.items() if value in beginning}
        first = dict(list(found.items())[:most])
        return first | {value: found[value] for value in also if value in found}

    def has_value(self, field: str, value: str) -> bool:
        """See `Part`."""
        column = self.held.get(field)
        if column is None or not is_unicode(value):
            return False
        return self.collection.count(self._shown(Where((one_of(column.values_key, [value]),)))) > 0

    def not_a_number(self, field: str) -> str | None:
        """See `Part`."""
        column = self.held.get(field)
        if column is None:
            return None
        texts = sorted(self._counts(column.whole_key, column.texts))
        return next((text for text in texts if parse_number(text) is None), None)

    def candidates(
        self, needed: Sequence[FieldTest], unwanted: Sequence[FieldTest], excluded: int | None = None
    ) -> QdrantCandidates:
        """See `Part`."""
        where = where_tests(self.held, needed, unwanted)
        if where.nothing:
            return QdrantCandidates(self, where, np.empty(0, np.int64))
        own = excluded is not None and bool(self.holds(np.array([excluded]))[0])
        shown = self._shown(where)
        found = QdrantCandidates(self, shown.without([excluded] if own and excluded is not None else []))
        if not where:
            vars(found)["count"] = len(self) - own
        return found

    def number(self, item_id: str) -> int | None:
        """See `Part`."""
        return self.numbers_of([item_id])[0]

    def numbers_of(self, item_ids: Sequence[str]) -> list[int | None]:
        """See `Part`."""
        forms = [one_form_of_id(item_id) for item_id in item_ids]
        asked = sorted({text for text in (*item_ids, *forms) if text is not None and is_unicode(text)})
        stored: dict[str, int] = {}
        of_form: dict[str, int] = {}
        for begin in range(0, len(asked), _IDS_AT_ONCE):
            some = asked[begin : begin + _IDS_AT_ONCE]
            either = models.Filter(should=[one_of(ID, some), one_of(FORM, some)])
            for number, payload in self.collection.payloads(self._shown(Where((either,))), [ID, FORM]):
                stored[payload[ID]] = number
                # Of several that are stored in other forms, the first counts.
                if FORM in payload:
                    of_form.setdefault(payload[FORM], number)
        found = [
            (stored.get(item_id), None if form is None else stored.get(form, of_form.get(form)))
            for item_id, form in zip(item_ids, forms, strict=True)
        ]
        return [as_stored if as_stored is not None else in_form for as_stored, in_form in found]

    def holds(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """See `Part`."""
        held: NDArray[np.bool_] = (self._numbers.positions(numbers) >= 0) & ~self._hidden.hold(numbers)
        return held

    def numbers_at(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """See `Part`."""
        return self._numbers.at(self._hidden.places_of(positions))

    def positions(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions of some items of this part in the order of numbers."""
        return self._hidden.positions_of(self._numbers.positions(numbers))

    def vectors(self, number: int) -> QueryVectors:
        """See `Part`."""
        one = self._checked(number)
        return QueryVectors(self.reduced(one)[0], self.bits(one).view(np.float16)[0].astype(np.float32))

    def listed(self, numbers: NDArray[np.int64]) -> list[tuple[str, bytes]]:
        """See `Part`."""
        payloads = self.collection.payloads_of(numbers, [ID, ATTRIBUTES])
        found = [payloads[number] for number in numbers.tolist()]
        return [(payload[ID], payload[ATTRIBUTES].encode()) for payload in found]

    def record(self, number: int) -> ItemRecord:
        """See `Part`."""
        payload = self.collection.payloads_of(self._checked(number), [ID, ATTRIBUTES, IMAGE, CROP])[number]
        crop = payload.get(CROP)
        return ItemRecord(
            payload[ID], payload[ATTRIBUTES].encode(), payload[IMAGE], None if crop is None else tuple(crop)
        )

    def warm_up(self) -> None:
        """Search once, which connects, and makes the server read what it searches."""
        if len(self):
            vectors = self.vectors(int(self.numbers_at(np.zeros(1, np.int64))[0]))
            self.candidates((), ()).nearest(vectors.reduced, 1)

    def reduced(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """The reduced embeddings of some items, (K, C) float32."""
        rows = self.collection.reduced_of(numbers)
        vectors = np.array([rows[number] for number in numbers.tolist()], np.float32)
        return vectors.reshape(numbers.size, self.components)

    def bits(self, numbers: NDArray[np.int64]) -> NDArray[np.int16]:
        """The bits of the full embeddings of some items, (K, D) int16, not writable."""
        payloads = self.collection.payloads_of(numbers, [FULL])
        joined = b"".join(base64.b64decode(payloads[number][FULL]) for number in numbers.tolist())
        return np.frombuffer(joined, "<i2").reshape(numbers.size, self.dimensions)

    def _shown(self, where: Where) -> Where:
        """Conditions, and that no item is hidden."""
        return where.without(self._hidden.numbers.tolist())

    def _counts(self, key: str, distinct: int) -> dict[str, int]:
        """The values of a key and the numbers of items with each, by (-count, value)."""
        return dict(self.collection.facet(key, self._shown(Where()), most=None, distinct=distinct))

    def _described(self, held: HeldColumn) -> ColumnDescription:
        counts = self._counts(held.whole_key, held.texts)
        values = sorted(counts)
        column = Column(held.name, held.kind, values, [counts[value] for value in values])
        return held.kind.describe(column, len(self))

    def _checked(self, number: int) -> NDArray[np.int64]:
        one = np.array([number])
        if not self.holds(one)[0]:
            raise IndexError(f"no item of this part has the number {number}")
        return one

    def _firsts_without(self, hidden: HiddenNumbers) -> dict[str, tuple[int, int]]:
        """Where each column first appears; only those are looked for whose first item is hidden."""
        gone = hidden.hold(np.array([first for first, _ in self._firsts.values()], np.int64)).tolist()
        firsts: dict[str, tuple[int, int]] = {}
        for (name, first), moved in zip(self._firsts.items(), gone, strict=True):
            if not moved:
                firsts[name] = first
                continue
            where = Where().without(hidden.numbers.tolist()).having(self.held[name].values_key)
            for number, payload in self.collection.payloads(where, [ATTRIBUTES], most=1):
                firsts[name] = (number, place_in(payload[ATTRIBUTES], name))
        return firsts
