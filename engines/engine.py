"""The interface of a search engine: a service that holds versions of an index and searches them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.progress import Progress, unseen
from index.base_part import BasePart
from index.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Shard:
    """Which items of a version are loaded: those whose number leaves `place` when it is divided by `count`."""

    place: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """A version of an index that an engine holds, or a part of it.

    Attributes:
        version: name of its bundle.
        items: number of items that it has when it is complete.
        loaded: number of items that are there.
        complete: whether it can be opened.
        approximate: whether searches may miss items, because an approximate index answers them.
        recall: share of the exact ten nearest that its searches find, 0 to 1, as it was measured; None: not measured.
        shard: which of the bundle's items these are.
    """

    version: str
    items: int
    loaded: int
    complete: bool
    approximate: bool
    recall: float | None
    shard: Shard = Shard()


class Engine(Protocol):
    """A search engine. All methods may be called from several threads at once; each waits for the service.

    Each raises `contracts.errors.SearchUnavailableError` if the service cannot answer now, and
    `contracts.errors.EngineError` if it is set up in a way that cannot work. No message says a password.
    """

    def __str__(self) -> str:
        """Its address, without a password."""

    def versions(self) -> Sequence[HeldVersion]:
        """The versions that it holds, oldest first, incomplete ones too."""

    def load(
        self,
        bundle: Bundle,
        *,
        approximate: bool = False,
        shard: Shard | None = None,
        like: Bundle | None = None,
        progress: Progress = unseen,
    ) -> None:
        """Copy a bundle into the engine; a load that was interrupted goes on where it stopped.

        A version is complete only when all its items and indexes are there. Until then it cannot be opened.

        Args:
            bundle: the bundle.
            approximate: whether to build an approximate index, and to search by it.
            shard: the items to load; None: all.
            like: another version; items that are the same in it may be copied inside the engine, if it holds it.
            progress: called with (items loaded, items in all).
        """

    def open(self, version: str) -> BasePart:
        """A version, ready to be searched.

        Raises:
            EngineError: there is no such version, or it is not complete.
        """

    def note_recall(self, version: str, recall: float) -> None:
        """Keep the recall that was measured for an approximate version."""

    def make_current(self, version: str) -> None:
        """Tell others who read the engine which version is served. Lookalike itself reads CURRENT."""

    def remove(self, version: str) -> None:
        """Remove a version, complete or not; nothing happens if there is none."""

    def close(self) -> None:
        """Give back its connections."""
