"""Embeddings to evaluate: all items of a folder, or some of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EmbeddingSet
from contracts.errors import EmbeddingsError
from contracts.items import Item
from storage.embeddings_folder import picture_keys, read_digests, read_embeddings


@dataclass(frozen=True, slots=True)
class EvaluatedSet:
    """Embeddings to evaluate.

    Attributes:
        embeddings: of N items.
        digests: of the inputs that they were computed from, (N, 32) uint8; zeros where unknown.
        notes: sentences on items that were left out.
    """

    embeddings: EmbeddingSet
    digests: NDArray[np.uint8]
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a folder that `lookalike extract` wrote.

        Raises:
            EmbeddingsError: it is missing, damaged or holds no items.
        """
        found = cls(read_embeddings(folder), read_digests(folder))
        if not found.items:
            raise EmbeddingsError(f"{folder} holds no items; extract a catalogue with readable pictures into it")
        return found

    @property
    def pictures(self) -> list[bytes | None]:
        """For each item a key, equal for items with the same picture; None for one written without a digest."""
        return picture_keys(self.digests)

    @property
    def items(self) -> Sequence[Item]:
        """Its items, row by row."""
        return self.embeddings.items

    def of_partition(self, name: str, *, whose: str) -> Self:
        """The items of one partition.

        Args:
            name: such as `query`.
            whose: `gallery` or `queries`, for the error message.

        Raises:
            EmbeddingsError: the partition has no items.
        """
        rows = [row for row, item in enumerate(self.items) if item.partition == name]
        if not rows:
            present = sorted({item.partition for item in self.items if item.partition is not None})
            has = f"there are {', '.join(present)}" if present else "its items have no partitions at all"
            raise EmbeddingsError(
                f"no item of the {whose} is in the partition {name!r}: {has}; name another with "
                f"--{'query' if whose == 'queries' else 'gallery'}-partition, or omit the option"
            )
        return self.rows(rows)

    def noted(self, *notes: str) -> Self:
        """The same set with more notes."""
        return replace(self, notes=(*self.notes, *notes))

    def rows(self, rows: list[int]) -> Self:
        """Some of its rows, in the given order."""
        if rows == list(range(len(self.items))):
            return self
        part = replace(
            self.embeddings,
            items=[self.items[row] for row in rows],
            embeddings=np.ascontiguousarray(self.embeddings.embeddings[rows]),
        )
        return replace(self, embeddings=part, digests=self.digests[rows])
