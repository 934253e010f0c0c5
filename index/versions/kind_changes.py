"""Columns whose kind differs between two bundles: filters on them would change their meaning."""

from dataclasses import dataclass

from index.bundle import Bundle


@dataclass(frozen=True, slots=True)
class KindChange:
    """A column that is of another kind in the new bundle.

    Attributes:
        column: its name.
        old: its kind.
        new: likewise; None if the new bundle lacks the column.
    """

    column: str
    old: str
    new: str | None


def kind_changes(old: Bundle, new: Bundle) -> tuple[KindChange, ...]:
    """The columns of the old bundle that are gone or of another kind, in its order; new columns change no filter."""
    changes = []
    for name, column in old.attributes.columns.items():
        if not column.values:
            continue  # nobody can filter by it
        other = new.attributes.columns.get(name)
        kind = None if other is None else other.kind.name
        if kind != column.kind.name:
            changes.append(KindChange(name, column.kind.name, kind))
    return tuple(changes)
