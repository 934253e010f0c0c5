"""A version that a PostgreSQL database holds, as a part of a catalogue."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray
from psycopg import sql

from contracts.text_form import is_unicode, one_form_of_id
from engines.held_numbers import HeldNumbers
from engines.postgresql.binary_rows import bits_of, vectors_of
from engines.postgresql.candidates import PostgresqlCandidates
from engines.postgresql.code_sets import CodeSets
from engines.postgresql.column_values import ColumnValues
from engines.postgresql.conditions import where_tests
from engines.postgresql.connections import Connections
from engines.postgresql.hidden_items import HiddenItems
from engines.postgresql.prefixes import beginning_with
from engines.postgresql.stored_columns import StoredColumn
from engines.postgresql.stored_text import from_stored, to_stored
from engines.postgresql.versions import StoredVersion
from engines.postgresql.where import Where
from index.columns.column import ColumnKind
from index.columns.fields import FieldTest
from index.part import QueryVectors
from index.query import ColumnDescription, ItemRecord

_VALUES_AT_ONCE: Final = 1_000


def _forms_of(item_id: str) -> list[str]:
    """An id as it is stored, if it is, and its one form, if it has one."""
    form = one_form_of_id(item_id)
    return [to_stored(text) for text in (item_id, form) if text is not None and is_unicode(text)]


class PostgresqlPart:
    """See `index.base_part.BasePart`.

    What stays in memory is a number for each item, unless they are evenly spaced, the columns, and what is hidden.

    Args:
        connections: to the database.
        version: that is complete.
        held: the numbers of its items.
        code_sets: of its values.
        hidden: the items that are not found; None: all are.

    Attributes:
        connections: these.
        tables, components, dimensions, scoring, approximate: of the version.
        values: those of the columns.
        hidden: the items that are not found.
        stored: its columns by name.
    """

    def __init__(
        self,
        connections: Connections,
        version: StoredVersion,
        held: HeldNumbers,
        *,
        code_sets: CodeSets | None = None,
        hidden: HiddenItems | None = None,
        firsts: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        self.connections = connections
        self.tables = version.tables
        self.components = version.components
        self.dimensions = version.dimensions
        self.scoring = version.scoring
        self.approximate = version.held.approximate
        self.stored: Mapping[str, StoredColumn] = {column.name: column for column in version.columns}
        self.values = ColumnValues(connections, version.tables)
        self._version = version
        self._held = held
        self._code_sets = CodeSets(connections, version.tables) if code_sets is None else code_sets
        self.hidden = HiddenItems.none(len(version.columns)) if hidden is None else hidden
        self._firsts = (
            {column.name: column.first for column in version.columns if column.items} if firsts is None else firsts
        )

    def __len__(self) -> int:
        return self._held.size - len(self.hidden)

    @property
    def items_held(self) -> int:
        """Number of items, those that are hidden too."""
        return self._held.size

    @property
    def remote(self) -> bool:
        """See `BasePart`."""
        return True

    @property
    def columns(self) -> Mapping[str, ColumnKind]:
        """See `BasePart`."""
        return {name: column.kind for name, column in self.stored.items()}

    @cached_property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """See `Part`."""
        return {name: self.stored[name].kind for name in sorted(self._firsts, key=self._firsts.__getitem__)}

    def without(self, numbers: NDArray[np.int64]) -> "PostgresqlPart":
        """See `BasePart`."""
        numbers = np.unique(numbers[self.holds(numbers)])
        if not numbers.size:
            return self
        hidden = self.hidden_with(numbers)
        part = PostgresqlPart(
            self.connections, self._version, self._held, code_sets=self._code_sets, hidden=hidden, firsts=self._firsts
        )
        part._firsts = part._moved_firsts(set(numbers.tolist()))
        return part

    def first_places(self) -> Mapping[str, tuple[int, int]]:
        """See `Part`."""
        return self._firsts

    def describe(self) -> Sequence[ColumnDescription]:
        """See `Part`."""
        columns = self.values.columns([self.stored[name] for name in self.kinds], self.hidden)
        return [column.kind.describe(column, len(self)) for column in columns]

    def find_values(
        self, field: str, prefix: str, most: int | None = None, also: Collection[str] = ()
    ) -> dict[str, int]:
        """See `Part`."""
        column = self.stored.get(field)
        if column is None:
            return {}
        return self.values.counts(column, self.hidden, named=beginning_with(prefix), most=most, also=also)

    def hidden_with(self, numbers: NDArray[np.int64]) -> HiddenItems:
        """The items that are hidden, and some others of this part."""
        rows = self.connections.fetch(
            sql.SQL("SELECT number, codes FROM {} WHERE number = ANY(%s)").format(self.tables.points), (numbers,)
        )
        codes = dict(rows)
        found = np.array([codes[number] for number in numbers.tolist()], np.int32)
        return self.hidden.with_others(self._held.positions(numbers), numbers, found)

    def has_value(self, field: str, value: str) -> bool:
        """See `Part`."""
        return field in self.stored and self.values.holds(self.stored[field], self.hidden, value)

    def not_a_number(self, field: str) -> str | None:
        """See `Part`."""
        return self.values.not_a_number(self.stored[field], self.hidden) if field in self.stored else None

    def candidates(
        self, needed: Sequence[FieldTest], unwanted: Sequence[FieldTest], excluded: int | None = None
    ) -> PostgresqlCandidates:
        """See `Part`."""
        conditions = where_tests(self.stored, self._code_sets, needed, unwanted, items=self._held.size)
        own = excluded is not None and bool(self.holds(np.array([excluded]))[0])
        return PostgresqlCandidates(self, conditions, excluded if own else None)

    def where_shown(self, where: Where) -> Where:
        """Conditions, and that no item is hidden."""
        return where.with_clause("number <> ALL(%s)", self.hidden.numbers) if len(self.hidden) else where

    def number(self, item_id: str) -> int | None:
        """See `Part`."""
        return self.numbers_of([item_id])[0]

    def numbers_of(self, item_ids: Sequence[str]) -> list[int | None]:
        """See `Part`."""
        asked = [_forms_of(item_id) for item_id in item_ids]
        wanted = list({form for forms in asked for form in forms})
        if not wanted:
            return [None] * len(asked)
        rows = self.connections.fetch(
            sql.SQL("SELECT id, form, number FROM {} WHERE id = ANY(%s) OR form = ANY(%s)").format(self.tables.items),
            (wanted, wanted),
        )
        stored = {own: number for own, _, number in rows}
        # Of several that are stored in other forms, the first counts.
        of_form = {form: number for _, form, number in sorted(rows, key=lambda row: -row[2])}
        found = []
        for forms in asked:
            known = [stored.get(form) for form in forms]
            known.append(of_form.get(forms[-1]) if len(forms) == 2 else None)
            found.append(next((number for number in known if number is not None), None))
        return [None if number is None or self._is_hidden(number) else number for number in found]

    def holds(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """See `Part`."""
        held: NDArray[np.bool_] = (self._held.positions(numbers) >= 0) & ~self.hidden.hold(numbers)
        return held

    def numbers_at(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """See `Part`."""
        return self._held.at(self.hidden.before_hiding(positions))

    def positions(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions of some items of this part in the order of numbers."""
        return self.hidden.after_hiding(self._held.positions(numbers))

    def vectors(self, number: int) -> QueryVectors:
        """See `Part`."""
        self._check(number)
        rows = self.connections.fetch(
            sql.SQL("SELECT vector, embedding FROM {} JOIN {} USING (number) WHERE number = %s").format(
                self.tables.points, self.tables.full
            ),
            (number,),
        )
        vector, embedding = rows[0]
        full = bits_of([embedding], self.dimensions).view(np.float16)[0].astype(np.float32)
        return QueryVectors(vectors_of([vector], self.components)[0], full)

    def listed(self, numbers: NDArray[np.int64]) -> list[tuple[str, bytes]]:
        """See `Part`."""
        if not numbers.size:
            return []
        rows = self.connections.fetch(
            sql.SQL("SELECT number, id, attributes FROM {} WHERE number = ANY(%s)").format(self.tables.items),
            (numbers,),
        )
        items = {number: (from_stored(item_id), attributes.encode()) for number, item_id, attributes in rows}
        return [items[number] for number in numbers.tolist()]

    def record(self, number: int) -> ItemRecord:
        """See `Part`."""
        self._check(number)
        rows = self.connections.fetch(
            sql.SQL("SELECT id, attributes, picture FROM {} WHERE number = %s").format(self.tables.items), (number,)
        )
        item_id, attributes, picture = rows[0]
        shown = orjson.loads(picture)
        crop = shown["crop"]
        return ItemRecord(
            from_stored(item_id), attributes.encode(), shown["image"], None if crop is None else tuple(crop)
        )

    def bits(self, numbers: NDArray[np.int64]) -> NDArray[np.int16]:
        """The bits of the full embeddings of some items, (K, D) int16, not writable."""
        rows = self.connections.fetch(
            sql.SQL("SELECT number, embedding FROM {} WHERE number = ANY(%s)").format(self.tables.full), (numbers,)
        )
        embeddings = dict(rows)
        return bits_of([embeddings[number] for number in numbers.tolist()], self.dimensions)

    def warm_up(self) -> None:
        """Search once, which connects, and makes the server read what it searches."""
        if len(self):
            vectors = self.vectors(int(self.numbers_at(np.zeros(1, np.int64))[0]))
            self.candidates((), ()).reranked(vectors, 1, 1)

    def _check(self, number: int) -> None:
        if not self.holds(np.array([number]))[0]:
            raise IndexError(f"no item of this part has the number {number}")

    def _is_hidden(self, number: int) -> bool:
        return bool(self.hidden.hold(np.array([number]))[0])

    def _moved_firsts(self, hidden: Collection[int]) -> Mapping[str, tuple[int, int]]:
        """Where each column first appears, now that some items are hidden; only what moved is looked for."""
        firsts = dict(self._firsts)
        for name, (first, _) in self._firsts.items():
            if first not in hidden:
                continue
            column = self.stored[name]
            del firsts[name]
            if column.items > self.hidden.with_value[column.place - 1]:
                rows = self.connections.fetch(
                    sql.SQL(
                        "SELECT number, attributes FROM {} JOIN {} USING (number) WHERE codes[{}] <> 0 AND "
                        "number > %s AND number <> ALL(%s) ORDER BY number LIMIT 1"
                    ).format(self.tables.points, self.tables.items, sql.Literal(column.place)),
                    (first, self.hidden.numbers),
                )
                number, attributes = rows[0]
                names = list(orjson.loads(attributes))
                firsts[name] = (number, names.index(name) if name in names else 0)
        return firsts
