"""Several engines that hold a catalogue together, each some of its items."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from contracts.errors import EngineError, SearchUnavailableError
from contracts.progress import Progress, unseen
from engines.engine import Engine, HeldVersion, Shard
from index.base_part import BasePart
from index.bundle import Bundle
from index.columns.column import ColumnKind
from index.merged_part import MergedPart, as_asked
from index.part import Part

_THREADS_EACH: Final = 16
_Answer = TypeVar("_Answer")


class ShardedEngine:
    """See `engines.engine.Engine`; a version is there only if it is in every shard.

    Args:
        engines: one for each shard, in the order of their places.
    """

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = tuple(engines)
        self._threads = ThreadPoolExecutor(_THREADS_EACH * len(engines), thread_name_prefix="shard")

    def __str__(self) -> str:
        return " ".join(map(str, self._engines))

    def versions(self) -> Sequence[HeldVersion]:
        """See `Engine`."""
        found: dict[str, list[HeldVersion]] = {}
        for of_engine in self._each(lambda engine: engine.versions()):
            for held in of_engine:
                found.setdefault(held.version, []).append(held)
        return [self._joined(found[version]) for version in sorted(found)]

    def load(
        self,
        bundle: Bundle,
        *,
        approximate: bool = False,
        shard: Shard | None = None,
        like: Bundle | None = None,
        progress: Progress = unseen,
    ) -> None:
        """See `Engine`; each engine loads its own items, all at the same time.

        Raises:
            EngineError: a shard is named; the items are divided among these engines.
        """
        if shard not in (None, Shard()):
            raise EngineError("name one search engine to load one shard, or all of them to load every item")
        count = len(self._engines)
        loaded = [0] * count

        def load(place: int, engine: Engine) -> None:
            def seen(done: int, _total: int, _figures: str = "") -> None:
                loaded[place] = done
                progress(sum(loaded), len(bundle.items))

            engine.load(bundle, approximate=approximate, shard=Shard(place, count), like=like, progress=seen)

        self._all(load, range(count), self._engines)

    def open(self, version: str) -> "ShardedPart":
        """See `Engine`.

        Raises:
            EngineError: a shard lacks the version, or the shards are not those that these addresses name.
        """
        parts = self._each(lambda engine: engine.open(version))
        held = self._each(lambda engine: {held.version: held for held in engine.versions()})
        shards = [each[version].shard for each in held if version in each]
        expected = [Shard(place, len(parts)) for place in range(len(parts))]
        if sorted(shards, key=lambda shard: shard.place) != expected:
            named = ", ".join(f"{shard.place} of {shard.count}" for shard in shards)
            raise EngineError(
                f"the search engines {self} hold the shards {named} of version {version}, not one each of "
                f"{len(parts)}; name every address once, or load the version again"
            )
        return ShardedPart(parts, self._threads)

    def note_recall(self, version: str, recall: float) -> None:
        """See `Engine`."""
        self._each(lambda engine: engine.note_recall(version, recall))

    def make_current(self, version: str) -> None:
        """See `Engine`."""
        self._each(lambda engine: engine.make_current(version))

    def remove(self, version: str) -> None:
        """See `Engine`."""
        self._each(lambda engine: engine.remove(version))

    def close(self) -> None:
        """See `Engine`."""
        with ExitStack() as stack:
            for engine in self._engines:
                stack.callback(engine.close)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _joined(self, held: Sequence[HeldVersion]) -> HeldVersion:
        recalls = [each.recall for each in held if each.recall is not None]
        return HeldVersion(
            held[0].version,
            sum(each.items for each in held),
            sum(each.loaded for each in held),
            len(held) == len(self._engines) and all(each.complete for each in held),
            any(each.approximate for each in held),
            min(recalls) if len(recalls) == len(held) else None,
        )

    def _each(self, ask: Callable[[Engine], _Answer]) -> list[_Answer]:
        return self._all(ask, self._engines)

    def _all(self, ask: Callable[..., _Answer], *each: Iterable[Any]) -> list[_Answer]:
        """Ask all engines at the same time, and wait for every one of them, also where another one fails."""
        asked = [self._threads.submit(ask, *arguments) for arguments in zip(*each, strict=True)]
        wait(asked)
        return [future.result() for future in asked]


class ShardedPart(MergedPart):
    """See `index.base_part.BasePart`.

    Args:
        shards: the parts, each of other items.
        threads: that ask them.
    """

    def __init__(self, shards: Sequence[BasePart], threads: ThreadPoolExecutor) -> None:
        super().__init__(shards)
        self._shards = tuple(shards)
        self._threads = threads

    @property
    def columns(self) -> Mapping[str, ColumnKind]:
        """See `BasePart`."""
        return self._shards[0].columns

    def without(self, numbers: NDArray[np.int64]) -> "ShardedPart":
        """See `BasePart`."""
        owned = (numbers[shard.holds(numbers)] for shard in self._shards)
        return ShardedPart(list(self.each(lambda shard, own: shard.without(own), self._shards, owned)), self._threads)

    def numbers_of(self, item_ids: Sequence[str]) -> list[int | None]:
        """See `Part`."""
        answers = list(self.each(lambda shard: shard.numbers_of(item_ids), self._shards))
        found: list[list[tuple[Part, int]]] = [[] for _ in item_ids]
        for shard, numbers in zip(self._shards, answers, strict=True):
            for place, number in enumerate(numbers):
                if number is not None:
                    found[place].append((shard, number))
        return [as_asked(item_id, each) for item_id, each in zip(item_ids, found, strict=True)]

    def each(self, ask: Callable[..., _Answer], *each: Iterable[Any]) -> Iterable[_Answer]:
        """See `MergedPart`; all are asked at the same time.

        Raises:
            SearchUnavailableError: a shard cannot answer now, whatever the others say.
        """
        arguments_of_each = list(zip(*each, strict=True))
        if not arguments_of_each:
            return ()
        first, *others = arguments_of_each
        try:
            asked: list[Future[_Answer]] = [self._threads.submit(ask, *arguments) for arguments in others]
        except RuntimeError:
            raise SearchUnavailableError("the search engines were closed; try again") from None
        # The first one in this thread, which would only wait.
        answers = [ask(*first)]
        return answers + [future.result() for future in asked]
