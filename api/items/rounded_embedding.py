"""An embedding in 16 bits a number, as searches by photo use it and query tokens hold it."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS

# Of embeddings up to 1e9, the largest that workers send. What is below the lowest counts as zero.
LOWEST_EXPONENT: Final = -99
HIGHEST_EXPONENT: Final = 30

_BITS: Final = 15
_ONE: Final = 1 << _BITS


@dataclass(frozen=True, slots=True)
class RoundedEmbedding:
    """The numbers of an embedding as whole numbers, times a power of two.

    The power is that of the largest number, so that long and short embeddings are rounded alike: each number is off by
    at most 1/32,768 of the largest. float16 takes as many bits and is off by six times as much in the scores. Each
    embedding has one such form, it can be neither NaN nor infinite, and rounding it again changes nothing.

    Attributes:
        numbers: (512,) int16; times 2^(exponent - 15) they are the embedding. The largest magnitude is from 16,384 to
            32,767, or all are zero.
        exponent: from -99 to 30; 0 if all numbers are zero.

    Raises:
        ValueError: the numbers or the exponent are anything else.
    """

    numbers: NDArray[np.int16]
    exponent: int

    def __post_init__(self) -> None:
        if self.numbers.shape != (EMBEDDING_DIMENSIONS,):
            raise ValueError(f"an embedding has {EMBEDDING_DIMENSIONS} numbers, got {self.numbers.shape}")
        if not LOWEST_EXPONENT <= self.exponent <= HIGHEST_EXPONENT:
            raise ValueError(f"an exponent is from {LOWEST_EXPONENT} to {HIGHEST_EXPONENT}, got {self.exponent}")
        largest = max(int(self.numbers.max()), -int(self.numbers.min()))
        if not _ONE // 2 <= largest < _ONE and (largest, self.exponent) != (0, 0):
            raise ValueError(f"the largest number must be from {_ONE // 2} to {_ONE - 1}, or zero; got {largest}")

    @classmethod
    def of(cls, embedding: NDArray[np.float32]) -> "RoundedEmbedding":
        """Round an embedding.

        Args:
            embedding: (512,) float32, finite, at most 1e9.

        Raises:
            ValueError: it is anything else.
        """
        largest = float(np.abs(embedding).max())
        if not math.isfinite(largest):
            raise ValueError("an embedding must be finite; this one contains NaN or infinity")
        exponent = math.frexp(largest)[1]
        if largest == 0.0 or exponent < LOWEST_EXPONENT:
            return cls(np.zeros(EMBEDDING_DIMENSIONS, np.int16), 0)
        numbers = _whole(embedding, exponent)
        if np.abs(numbers).max() == _ONE:
            # Rounded up to the next power.
            exponent += 1
            numbers = _whole(embedding, exponent)
        return cls(numbers.astype(np.int16), exponent)

    @property
    def is_zero(self) -> bool:
        """Whether all numbers are zero, so that nothing is similar to it."""
        return not self.numbers.any()

    def full(self) -> NDArray[np.float32]:
        """The numbers as they are compared, (512,) float32; nothing is rounded here."""
        numbers: NDArray[np.float32] = np.ldexp(self.numbers.astype(np.float32), self.exponent - _BITS)
        return numbers


def _whole(embedding: NDArray[np.float32], exponent: int) -> NDArray[np.float32]:
    numbers: NDArray[np.float32] = np.rint(np.ldexp(embedding, _BITS - exponent))
    return numbers
