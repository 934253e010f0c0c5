"""Columns of lists, such as the sizes `S|M|L`; conditions match when one of the members does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from index.columns.column import Column, ColumnKind
from index.columns.list_members import split_list


@dataclass(frozen=True, slots=True)
class AnyMember:
    """Accepts lists that have one of some members.

    Attributes:
        texts: the members, compared character by character.
    """

    texts: tuple[str, ...]

    def accepted(self, column: Column) -> NDArray[np.bool_]:
        """See `ValueTest`."""
        return column.members.mark(self.texts, len(column.values))


class ListOfTexts(ColumnKind):
    """Texts separated by `|`; only a declared column is one, because titles hold that character too."""

    name: ClassVar[str] = "list"
    categorical: ClassVar[bool] = False
    several: ClassVar[bool] = True

    def recognise(self, values: Sequence[str], counts: Sequence[int]) -> None:  # noqa: ARG002 - see the class
        """Never."""
        return

    def holds(self, value: str) -> bool:
        """Whether a list has a member."""
        return bool(split_list(value))

    def parse(self, values: Sequence[str]) -> AnyMember:
        """Take each value as it is."""
        return AnyMember(tuple(values))
