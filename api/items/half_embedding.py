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


@dataclass(frozen=True, slots=True)
class HalfEmbedding:
    """The numbers of an embedding as float16, times a power of two.

    The power is that of the largest number, so that neither long nor short embeddings lose more than the rounding.
    Each embedding has one such form, and rounding it again changes nothing.

    Attributes:
        numbers: (512,) float16; the largest magnitude is at least 1/2 and less than 1, or all are zero.
        exponent: of the power of two, from -99 to 30; 0 if all numbers are zero.

    Raises:
        ValueError: the numbers or the exponent are anything else.
    """

    numbers: NDArray[np.float16]
    exponent: int

    def __post_init__(self) -> None:
        if self.numbers.shape != (EMBEDDING_DIMENSIONS,):
            raise ValueError(f"an embedding has {EMBEDDING_DIMENSIONS} numbers, got {self.numbers.shape}")
        if not LOWEST_EXPONENT <= self.exponent <= HIGHEST_EXPONENT:
            raise ValueError(f"an exponent is from {LOWEST_EXPONENT} to {HIGHEST_EXPONENT}, got {self.exponent}")
        # NaN is neither.
        largest = float(np.abs(self.numbers).max())
        if not 0.5 <= largest < 1.0 and (largest, self.exponent) != (0.0, 0):
            raise ValueError(f"the largest number must be from 1/2 to 1 or zero, got {largest}")

    @classmethod
    def of(cls, embedding: NDArray[np.float32]) -> "HalfEmbedding":
        """Round an embedding.

        Args:
            embedding: (512,) float32, finite, at most 1e9.

        Raises:
            ValueError: it is anything else.
        """
        largest = float(np.abs(embedding).max())
        exponent = math.frexp(largest)[1]
        if largest == 0.0 or exponent < LOWEST_EXPONENT:
            return cls(np.zeros(EMBEDDING_DIMENSIONS, np.float16), 0)
        numbers = np.ldexp(embedding, -exponent).astype(np.float16)
        if np.abs(numbers).max() == 1.0:
            # Rounded up to the next power.
            exponent += 1
            numbers = np.ldexp(embedding, -exponent).astype(np.float16)
        return cls(numbers, exponent)

    @property
    def is_zero(self) -> bool:
        """Whether all numbers are zero, so that nothing is similar to it."""
        return not self.numbers.any()

    def full(self) -> NDArray[np.float32]:
        """The numbers as they are compared, (512,) float32; nothing is rounded here."""
        numbers: NDArray[np.float32] = np.ldexp(self.numbers.astype(np.float32), self.exponent)
        return numbers
