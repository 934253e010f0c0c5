"""What a promotion asks of a search engine that holds versions; `engines.engine.Engine` is one."""

from collections.abc import Sequence
from typing import Protocol

from index.part import Part


class Held(Protocol):
    """A version that an engine holds, or a part of it; see `engines.engine.HeldVersion`."""

    @property
    def version(self) -> str:
        """Name of its bundle."""

    @property
    def items(self) -> int:
        """Number of items that it has when it is complete."""

    @property
    def loaded(self) -> int:
        """Number of items that are there."""

    @property
    def complete(self) -> bool:
        """Whether it can be opened."""

    @property
    def approximate(self) -> bool:
        """Whether searches may miss items."""

    @property
    def recall(self) -> float | None:
        """Share of the exact ten nearest that its searches find; None: not measured."""


class Holder(Protocol):
    """A search engine, as far as a change of the served version is concerned; see `engines.engine.Engine`."""

    def versions(self) -> Sequence[Held]:
        """The versions that it holds, oldest first, incomplete ones too."""

    def open(self, version: str) -> Part:
        """A version, ready to be searched."""

    def note_recall(self, version: str, recall: float) -> None:
        """Keep the recall that was measured for an approximate version."""

    def make_current(self, version: str) -> None:
        """Tell others who read the engine which version is served."""

    def remove(self, version: str) -> None:
        """Remove a version, complete or not; nothing happens if there is none."""
