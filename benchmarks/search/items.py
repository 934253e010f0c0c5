"""The items and queries that all engines get in a run."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.jittered import fill_with_copies, jitter_length
from benchmarks.search.mixture import Mixture
from benchmarks.search.source import Source
from benchmarks.search.truth import unit_rows
from contracts.errors import BenchmarkError
from contracts.progress import Progress, unseen


@dataclass(frozen=True, slots=True)
class Queries:
    """Q queries, those from the gallery first.

    Attributes:
        vectors: (Q, C) float32, of length 1.
        full: (Q, 512) float32, of length 1: the same before reduction; or None.
        from_gallery: number of queries that are items of the gallery; the others were held out of it.
    """

    vectors: NDArray[np.float32]
    full: NDArray[np.float32] | None
    from_gallery: int

    def __len__(self) -> int:
        return len(self.vectors)


@dataclass(frozen=True, slots=True)
class Items:
    """N items.

    Attributes:
        description: a text for people.
        vectors: (N, C) float32, reduced and of length 1, or zero.
        full: (N, 512) float32, of length 1: the same before reduction; or None.
        outside: held-out queries.
    """

    description: str
    vectors: NDArray[np.float32]
    full: NDArray[np.float32] | None
    outside: Queries

    def queries(self, count: int, generator: np.random.Generator) -> Queries:
        """Draw half of the queries from the gallery, half from outside it.

        Args:
            count: number of queries; at most twice the items, and twice those held out.
            generator: for the choice.
        """
        held_out = count // 2
        rows = generator.choice(len(self.vectors), count - held_out, replace=False)
        full = None
        if self.full is not None and self.outside.full is not None:
            full = np.concatenate((self.full[rows], self.outside.full[:held_out]))
        vectors = np.concatenate((self.vectors[rows], self.outside.vectors[:held_out]))
        return Queries(vectors, full, count - held_out)

    def some(self, count: int, generator: np.random.Generator) -> "Items":
        """A random subset of the items, in their order, without the embeddings before reduction."""
        rows = np.sort(generator.choice(len(self.vectors), count, replace=False))
        outside = Queries(self.outside.vectors, None, 0)
        return Items(self.description, self.vectors[rows], None, outside)


def own_items(source: Source, held_out: int, *, keep_full: bool, generator: np.random.Generator) -> Items:
    """All items of a source except those held out as queries."""
    rows, outside = _held_out(source, held_out, generator)
    full = unit_rows(source.full[rows]).astype(np.float32) if keep_full else None
    description = f"{source.name}, all of its items but {held_out:,} held out"
    return Items(description, source.vectors[rows], full, _outside(source, outside))


def jittered_items(
    source: Source,
    count: int,
    held_out: int,
    *,
    keep_full: bool,
    generator: np.random.Generator,
    progress: Progress = unseen,
) -> Items:
    """`count` items: a random subset of a source's, or all of them and jittered copies if the source has fewer."""
    rows, outside = _held_out(source, held_out, generator)
    real = rows if len(rows) <= count else np.sort(generator.choice(rows, count, replace=False))
    vectors = np.empty((count, source.vectors.shape[1]), np.float32)
    vectors[: len(real)] = source.vectors[real]
    full = None
    if keep_full:
        full = np.empty((count, source.full.shape[1]), np.float32)
        full[: len(real)] = unit_rows(source.full[real])
    description = f"{source.name}, {len(real):,} of its items"
    if count > len(real):
        length = jitter_length(source, rows, generator)
        copies = None if full is None else full[len(real) :]
        fill_with_copies(source, rows, length, vectors[len(real) :], copies, generator, progress)
        description += f" and {count - len(real):,} copies, moved by {length:.3f} of their length before reduction"
    return Items(description, vectors, full, _outside(source, outside))


def mixture_items(
    source: Source, count: int, held_out: int, *, generator: np.random.Generator, progress: Progress = unseen
) -> Items:
    """Items drawn from a mixture fitted to the items of a source."""
    rows, outside = _held_out(source, held_out, generator)
    vectors = np.empty((count, source.vectors.shape[1]), np.float32)
    Mixture(source.vectors[rows], generator).fill(vectors, generator, progress)
    return Items(f"drawn from a mixture fitted to {source.name}", vectors, None, _outside(source, outside))


def _held_out(
    source: Source, count: int, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows that stay, rising, and rows that are held out."""
    total = len(source.vectors)
    if total < count + 2:
        raise BenchmarkError(
            f"{source.name} has {total:,} items, too few to hold out {count:,} as queries; pass a smaller --queries"
        )
    outside = generator.choice(total, count, replace=False)
    return np.setdiff1d(np.arange(total), outside), outside


def _outside(source: Source, rows: NDArray[np.int64]) -> Queries:
    return Queries(source.vectors[rows], unit_rows(source.full[rows]).astype(np.float32), 0)
