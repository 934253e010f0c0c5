"""All kinds of columns. A new kind needs its own file and an entry here."""

from collections.abc import Iterable, Mapping, Sequence

from index.columns.column import ColumnKind
from index.columns.number import Number
from index.columns.text import Text

KINDS: Mapping[str, ColumnKind] = {kind.name: kind for kind in (Text(), Number())}
"""By name, from general to specific: values of a kind are also values of those before it."""


def kind_named(name: str) -> ColumnKind:
    """The kind with a name.

    Raises:
        ValueError: there is none with that name.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"{name!r:.60} is not a kind of column; the kinds are: {', '.join(KINDS)}")
    return kind


def recognised_kind(values: Sequence[str]) -> ColumnKind:
    """The most specific kind that recognises all values."""
    return next(kind for kind in reversed(tuple(KINDS.values())) if kind.recognises(values))


def common_kind(kinds: Iterable[ColumnKind]) -> ColumnKind:
    """The kind of a column that merges columns of these kinds; at least one."""
    names = {kind.name for kind in kinds}
    return next(kind for name, kind in KINDS.items() if name in names)
