"""The attributes of items as columns: their kinds, their values, and the values that do not fit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import BundleError
from contracts.items import Item
from index.attributes import MISSING
from index.columns.column import Column, ColumnKind
from index.columns.registry import kind_named, recognised_kind

_NAMES_LISTED = 100


@dataclass(frozen=True, slots=True)
class AttributeProblem:
    """A value that is not of its column's kind, and counts as missing."""

    item: str
    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Tabulated:
    """The columns of some items.

    Attributes:
        columns: in order of first appearance.
        codes: (columns, N) int32, positions among a column's values; -1 for none.
        problems: by column, then in the order of items.
    """

    columns: list[Column]
    codes: NDArray[np.int32]
    problems: tuple[AttributeProblem, ...]


def tabulate_attributes(
    items: Sequence[Item],
    kinds: Mapping[str, str] | None = None,
    *,
    carried: Mapping[str, ColumnKind] | None = None,
) -> Tabulated:
    """Make the columns; one without a value that is of its kind is left out, unless it is declared.

    Args:
        items: of a catalogue.
        kinds: names of kinds by column, where they are declared; those of all other columns are recognised.
        carried: kinds with their settings by column, as another table of the catalogue has them; they go before
            `kinds`, and the items need not have such a column.

    Raises:
        BundleError: no item has a declared column, or none of its values is of that kind.
    """
    declared, known = kinds or {}, carried or {}
    names = list(dict.fromkeys(name for item in items for name in item.attributes))
    for name in declared:
        if name not in names:
            listed = ", ".join(names[:_NAMES_LISTED]) or "none"
            raise BundleError(f"no item has a value of the column {name!r:.100}; the columns are: {listed}")
    codes = np.full((len(names), len(items)), MISSING, np.int32)
    columns: list[Column] = []
    problems: list[AttributeProblem] = []
    for name, row in zip(names, codes, strict=True):
        texts = [item.attributes.get(name) for item in items]
        column = _column(name, texts, declared.get(name), known.get(name))
        positions: dict[str | None, int] = {value: code for code, value in enumerate(column.values)}
        row[:] = [positions.get(text, MISSING) for text in texts]
        columns.append(column)
        problems += _problems(items, name, texts, positions)
    order = column_order(columns, codes, lambda row: list(items[row].attributes))
    # Nobody would understand why a column that was declared is not there.
    order += [place for place, column in enumerate(columns) if not column.values and column.name in declared]
    return Tabulated([columns[place] for place in order], codes[order], tuple(problems))


def column_order(
    columns: Sequence[Column], codes: NDArray[np.int32], names_of: Callable[[int], Sequence[str]]
) -> list[int]:
    """The places of the columns that have a value, in order of first appearance.

    Args:
        columns: of some items.
        codes: (columns, N) int32.
        names_of: takes a row and returns the names of its item's attributes in order.
    """
    firsts = [
        int(np.argmax(row != MISSING)) if column.values else -1 for column, row in zip(columns, codes, strict=True)
    ]
    orders = {row: {name: place for place, name in enumerate(names_of(row))} for row in set(firsts) if row >= 0}
    kept = [place for place, row in enumerate(firsts) if row >= 0]
    return sorted(kept, key=lambda place: (firsts[place], orders[firsts[place]][columns[place].name]))


def _column(name: str, texts: Sequence[str | None], declared: str | None, carried: ColumnKind | None) -> Column:
    counts: dict[str, int] = {}
    for text in texts:
        if text is not None:
            counts[text] = counts.get(text, 0) + 1
    values = sorted(counts)
    kind = carried or _kind(name, values, [counts[value] for value in values], declared)
    kept = [value for value in values if kind.holds(value)]
    return Column(name, kind, kept, [counts[value] for value in kept])


def _kind(name: str, values: Sequence[str], counts: Sequence[int], declared: str | None) -> ColumnKind:
    if declared is None:
        return recognised_kind(values, counts)
    try:
        return kind_named(declared).declared(values, counts)
    except ValueError as error:
        raise BundleError(
            f"the column {name!r:.100} cannot be a {declared} column: {error}; correct the values, or leave out the "
            f"option that declares it"
        ) from error


def _problems(
    items: Sequence[Item], name: str, texts: Sequence[str | None], positions: Mapping[str | None, int]
) -> Iterator[AttributeProblem]:
    for item, text in zip(items, texts, strict=True):
        if text is not None and text not in positions:
            yield AttributeProblem(item.id, name, text)
