"""How many rows of a catalogue may fail before an import stops."""

from dataclasses import dataclass
from typing import Final

from contracts.import_defaults import MAX_FAILED


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How many rows may fail.

    Attributes:
        max_failed: share of the rows, 0 to 1. A single row never stops an import, unless this is 0.
        strict: stop at the first that fails.

    Raises:
        ValueError: the share is out of range.
    """

    max_failed: float = MAX_FAILED
    strict: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.max_failed <= 1:
            raise ValueError(f"max_failed must be 0 to 1, got {self.max_failed}")

    def exceeded(self, failed: int, rows: int) -> bool:
        """Whether too many of some rows failed."""
        if failed == 0:
            return False
        return self.strict or (failed > self.max_failed * rows and (failed > 1 or self.max_failed == 0))


DEFAULT_TOLERANCE: Final = Tolerance()
EVERYTHING: Final = Tolerance(max_failed=1.0)
