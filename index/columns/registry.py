"""All kinds of columns. A new one is a file of its own and an entry here."""

from collections.abc import Iterable, Mapping, Sequence

from index.columns.column import ColumnKind
from index.columns.number import Number
from index.columns.text import Text

KINDS: Mapping[str, ColumnKind] = {kind.name: kind for kind in (Text(), Number())}
"""By name, the most general first: values of a kind are also values of those before it."""


def kind_named(name: str) -> ColumnKind:
    """The kind that a bundle names.

    Raises:
        ValueError: there is none of that name.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"{name!r:.60} is no kind of column; the kinds are: {', '.join(KINDS)}")
    return kind


def recognised_kind(values: Sequence[str]) -> ColumnKind:
    """The most particular kind that all values are of."""
    return next(kind for kind in reversed(tuple(KINDS.values())) if kind.recognises(values))


def common_kind(kinds: Iterable[ColumnKind]) -> ColumnKind:
    """The kind of a column whose values come from columns of these kinds, one at least."""
    names = {kind.name for kind in kinds}
    return next(kind for name, kind in KINDS.items() if name in names)
