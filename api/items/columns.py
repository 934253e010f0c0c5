"""Columns as they appear in responses."""

from typing import Final

import numpy as np

from index.query import ColumnDescription

MOST_VALUES: Final = 100
# Of the values of one column, in characters: the answer of a catalogue with long texts must stay quick to load.
_MOST_CHARACTERS = 32_768


def described(column: ColumnDescription) -> dict[str, object]:
    """A column with its most frequent values.

    Values are left out that begin beyond 32,768 characters of more frequent ones; `find_values` has them all.
    """
    counts = np.array(column.counts, np.int64)
    values: dict[str, int] = {}
    characters = 0
    # Stable, so that equal counts keep the order of the values.
    for place in np.argsort(-counts, kind="stable")[:MOST_VALUES].tolist():
        value = column.values[place]
        if characters > _MOST_CHARACTERS:
            break
        values[value] = column.counts[place]
        characters += len(value)
    return {
        "kind": column.kind,
        "distinct": len(column.values),
        "missing": column.missing,
        "values": values,
        "min": column.lowest,
        "max": column.highest,
    }
