"""What a person should know about columns that stay text, although they look like something else."""

from collections.abc import Collection, Sequence

from index.columns.column import Column
from index.columns.list_members import SEPARATOR, ListMembers
from index.columns.number_style import find_style


def column_notes(columns: Sequence[Column], declared: Collection[str]) -> list[str]:
    """A sentence for each such column, which names the option that decides otherwise.

    Args:
        columns: of a catalogue.
        declared: names of those whose kind was declared; nothing is said about them.
    """
    notes = []
    for column in columns:
        if column.kind.name == "text" and column.name not in declared:
            notes += [note for note in (_like_numbers(column), _like_lists(column)) if note is not None]
    return notes


def _like_numbers(column: Column) -> str | None:
    found, items = find_style(column.values, column.counts), int(column.tallies.sum())
    if found.parsed * 2 < items or not found.parsed:
        return None
    option = f"`--number {column.name:.60}`"
    if found.ambiguous:
        example = next(value for value in column.values if not value.isdecimal())
        return (
            f"{column.name:.60} stays text, because numbers such as {example!r:.60} may have thousands or decimals; "
            f"{option} reads thousands"
        )
    other = next(value for value in column.values if found.style.parse(value) is None)
    return (
        f"{column.name:.60} stays text, because {items - found.parsed:,} of {items:,} values are not numbers, such as "
        f"{other!r:.60}; {option} counts them as missing"
    )


def _like_lists(column: Column) -> str | None:
    example = next((value for value in column.values if SEPARATOR in value), None)
    # Members of lists recur in other lists; the parts of a title rarely do.
    if example is None or len(ListMembers.of(column.values).names) >= len(column.values):
        return None
    return f"{column.name:.60} stays text; if {example!r:.60} is a list, `--list {column.name:.60}` splits it"
