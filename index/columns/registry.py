"""All kinds of columns. A new kind needs its own file and an entry here."""

from collections.abc import Iterable, Mapping, Sequence

from index.columns.column import ColumnKind
from index.columns.list import ListOfTexts
from index.columns.number import Number
from index.columns.text import Text

KINDS: Mapping[str, ColumnKind] = {kind.name: kind for kind in (Text(), ListOfTexts(), Number())}
"""By name, from general to specific; the first kind is that of every column that no other one recognises."""


def kind_named(name: str) -> ColumnKind:
    """The kind with a name.

    Raises:
        ValueError: there is none with that name.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"{name!r:.60} is not a kind of column; the kinds are: {', '.join(KINDS)}")
    return kind


def recognised_kind(values: Sequence[str], counts: Sequence[int]) -> ColumnKind:
    """The most specific kind that recognises a column.

    Args:
        values: its distinct values.
        counts: number of items with each.
    """
    recognised = (kind.recognise(values, counts) for kind in reversed(tuple(KINDS.values())))
    return next(kind for kind in recognised if kind is not None)


def common_kind(kinds: Iterable[ColumnKind]) -> ColumnKind:
    """The kind of a column that merges columns of these kinds, at least one: theirs, or text if they differ."""
    first, *others = kinds
    return first if all(kind.name == first.name for kind in others) else next(iter(KINDS.values()))
