"""Cells of a CSV file that a spreadsheet opens."""

from collections.abc import Sequence
from typing import Final

# What a spreadsheet takes for the beginning of a formula; tabs and line breaks before it are passed over.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cells(cells: Sequence[object]) -> list[object]:
    """The cells, with a `'` in front of each text that a spreadsheet would take for a formula; numbers stay."""
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in cells]
