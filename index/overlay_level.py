"""A level of an overlay: some changes of a live catalogue, ready to be searched."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from contracts.changed_item import ChangedItem
from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.items import Item
from index.attributes import AttributeTable, sort_by_value
from index.base_part import BasePart
from index.base_version import BaseVersion
from index.bundle_part import BundlePart
from index.columns.column import ColumnKind
from index.columns.number_style import may_be_number
from index.columns.registry import kind_named
from index.columns.text import Text
from index.embedded_rows import EmbeddedRows
from index.exact.layout import lay_out
from index.full_embeddings import half_rows
from index.gallery import Gallery
from index.items import ItemTable, write_items
from index.joined_parts import JoinedParts, PartRows
from index.joined_tables import JoinedTable, TableRows, join_tables
from index.reduction import Reduction
from index.tabulation import tabulate_attributes
from index.unit_vectors import unit_vectors

_TEXT = kind_named(Text.name)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """The values of a column, before its kind is known.

    Attributes:
        values: sorted; some may be those of no item any more.
        tallies: (values,) int64, number of items with each.
        may_be_numbers: (values,) bool, whether each can be a number at all.
    """

    values: Sequence[str]
    tallies: NDArray[np.int64]
    may_be_numbers: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Some changes; never changed once made.

    Attributes:
        changes: by id, deletions too. One that a newer level replaces stays, but its item is not found.
        part: the items; the columns that the base lacks are text in it. None: there are none.
    """

    changes: Mapping[str, ChangedItem]
    part: BundlePart | None
    _tables: dict[tuple[object, ...], AttributeTable] = field(default_factory=dict)
    _may_be_numbers: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    @classmethod
    def of(cls, new: Mapping[str, ChangedItem], older: Sequence["Level"], base: BaseVersion[BasePart]) -> Self:
        """Make a level.

        Args:
            new: the newest changes, by id.
            older: levels that become part of this one, the oldest first, without the items of the new changes.
            base: whose reduction, scoring and kinds are used.

        Raises:
            ValueError: a change contradicts itself, or its embedding is not 512 finite numbers.
        """
        changes = {item_id: change for level in older for item_id, change in level.changes.items()}
        changes.update(new)
        kinds = base.part.columns
        parts = [PartRows.of(level.part) for level in older if level.part is not None and len(level.part)]
        living = sorted((change for change in new.values() if change.item is not None), key=_number)
        if living:
            parts.append(_rows(living, kinds, base.reduction))
        if not parts:
            return cls(changes, None)
        joined = JoinedParts(parts)
        table = joined.table(kinds, _text)
        stream = io.BytesIO()
        offsets = joined.write_lines(stream)
        full = np.concatenate(list(joined.full()))
        # As a bundle's, which is mapped: for a writable array the kernels would be compiled once more.
        full.flags.writeable = False
        gallery = Gallery(lay_out(joined.vectors(), quickly=True))
        rows = EmbeddedRows(gallery, full, _table(table), joined.numbers, scoring=base.scoring)
        return cls(changes, BundlePart(rows, ItemTable(stream.getvalue(), offsets)))

    def without(self, ids: Sequence[str]) -> "Level":
        """The level without the items of some ids, which newer changes replace."""
        if self.part is None:
            return self
        rows = [self.part.items.row(item_id) for item_id in ids if item_id in self.changes]
        live = [row for row in rows if row is not None and self.part.rows.is_live(row)]
        return replace(self, part=self.part.hiding(np.array(live, np.int64))) if live else self

    def texts(self, name: str) -> "Texts | None":
        """The values of a column that the base lacks; None: it has none here."""
        if self.part is None or name not in self.part.rows.attributes.columns:
            return None
        values = self.part.rows.attributes.columns[name].values
        may_be_numbers = self._may_be_numbers.get(name)
        if may_be_numbers is None:
            may_be_numbers = np.array([may_be_number(value) for value in values], np.bool_)
            self._may_be_numbers[name] = may_be_numbers
        return Texts(values, self.part.tallies(name), may_be_numbers)

    def shown(self, kinds: Mapping[str, ColumnKind]) -> BundlePart | None:
        """The items that may be found; None: there are none.

        Args:
            kinds: of the columns that the base lacks.
        """
        if self.part is None or not len(self.part):
            return None
        other = {
            name: kind for name, kind in kinds.items() if kind != _TEXT and name in self.part.rows.attributes.columns
        }
        if not other:
            return self.part
        key = tuple((name, kind.name, tuple(kind.settings().items())) for name, kind in sorted(other.items()))
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = _read_as(self.part.rows.attributes, other)
        return self.part.described_by(table)


def _number(change: ChangedItem) -> int:
    return change.number


def _text(values: Sequence[str], counts: Sequence[int]) -> ColumnKind:  # noqa: ARG001 - a column is read by its texts later
    return _TEXT


def _item(change: ChangedItem) -> Item:
    if change.item is None or change.item.id != change.id:
        raise ValueError(f"the change of item {change.id!r:.100} holds another item")
    return change.item


def _embedding(change: ChangedItem) -> NDArray[np.float32]:
    embedding = change.embedding
    if (
        embedding is None
        or embedding.dtype != np.float32
        or embedding.shape != (EMBEDDING_DIMENSIONS,)
        or not np.isfinite(embedding).all()
    ):
        raise ValueError(
            f"the change of item {change.id!r:.100} needs an embedding of {EMBEDDING_DIMENSIONS} finite float32 numbers"
        )
    return embedding


def _rows(living: Sequence[ChangedItem], kinds: Mapping[str, ColumnKind], reduction: Reduction) -> PartRows:
    items = [_item(change) for change in living]
    embeddings = np.stack([_embedding(change) for change in living])
    every = {name: kinds.get(name, _TEXT) for item in items for name in item.attributes}
    tabulated = tabulate_attributes(items, carried=every)
    stream = io.BytesIO()
    offsets = write_items(items, stream)
    columns = {column.name: column for column in tabulated.columns}
    return PartRows(
        np.array([change.number for change in living], np.int64),
        unit_vectors(embeddings, reduction),
        half_rows(embeddings),
        TableRows(columns, dict(zip(columns, tabulated.codes, strict=True)), np.arange(len(items))),
        ItemTable(stream.getvalue(), offsets),
    )


def _table(joined: JoinedTable) -> AttributeTable:
    return AttributeTable(joined.columns, joined.codes, sort_by_value(joined.codes))


def _read_as(table: AttributeTable, kinds: Mapping[str, ColumnKind]) -> AttributeTable:
    """A table with some columns read as other kinds."""
    rows = np.arange(len(table))
    every = {name: kinds.get(name, column.kind) for name, column in table.columns.items()}
    return _table(join_tables([TableRows.of(table, rows)], rows, every, _text))
