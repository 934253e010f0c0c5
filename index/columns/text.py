"""Columns of text, such as a colour; conditions match exact values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.columns.column import Column, ColumnKind


@dataclass(frozen=True, slots=True)
class AnyText:
    """Accepts some values.

    Attributes:
        texts: the values, compared character by character.
    """

    texts: tuple[str, ...]

    def accepted(self, column: Column) -> NDArray[np.bool_]:
        """See `ValueTest`."""
        return column.mark(self.texts)


class Text(ColumnKind):
    """Any text that no other kind recognises."""

    name = "text"
    categorical = True

    def recognise(self, values: Sequence[str], counts: Sequence[int]) -> "Text":  # noqa: ARG002 - every value is a text
        """Always."""
        return self

    def parse(self, values: Sequence[str]) -> AnyText:
        """Take each value as it is."""
        return AnyText(tuple(values))
