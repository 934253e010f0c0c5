"""What the changes of a live catalogue are applied to: a bundle in memory, or a version of it that an engine holds."""

from collections.abc import Mapping
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from index.columns.column import ColumnKind
from index.part import Part


class BasePart(Part, Protocol):
    """A part that never changes, from which items can be taken away."""

    @property
    def columns(self) -> Mapping[str, ColumnKind]:
        """The kind of each column that was indexed, also of those without a value; `kinds` has those with one."""

    def without(self, numbers: NDArray[np.int64]) -> Self:
        """The part without some items; this one stays as it is.

        Args:
            numbers: (K,) of items of this part.
        """
