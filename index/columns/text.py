"""Columns of text, such as a colour: a value is accepted when it is exactly one that the condition names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.columns.column import Column, ColumnKind


@dataclass(frozen=True, slots=True)
class AnyText:
    """Accepts any of some values.

    Attributes:
        texts: the values, compared character by character.
    """

    texts: tuple[str, ...]

    def accepted(self, column: Column) -> NDArray[np.bool_]:
        """See `ValueTest`."""
        return column.mark(self.texts)


class Text(ColumnKind):
    """Any text; what no other kind recognises."""

    name = "text"
    categorical = True

    def recognises(self, values: Sequence[str]) -> bool:  # noqa: ARG002 - every value is a text
        """Always."""
        return True

    def parse(self, values: Sequence[str]) -> AnyText:
        """Each value stands for itself."""
        return AnyText(tuple(values))
