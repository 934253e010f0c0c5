"""Looks every second whether the search engine answers."""

import asyncio
import random
from typing import Final

from api.background import BackgroundTask
from api.items.engine_calls import EngineCalls
from api.items.served_index import ServedIndex
from api.metrics import Metrics
from contracts.errors import EngineError, SearchUnavailableError
from engines.engine import Engine

_INTERVAL_S: Final = 1.0
# While it is away, requests are refused without asking it, so they must not wait long for its return.
_AWAY_INTERVAL_S: Final = 0.25
# Any text does: whether there is such an item is looked up in every shard.
_PROBE: Final = ("readyz",)


class EngineWatch:
    """Asks the engine something small in turns, so that its state is known without any request.

    Args:
        engine: None: only the index that is served is asked.
        served: the index.
        calls: are told what came of it.
        metrics: of the process.
        patience_s: after which it counts as not answering, seconds.
    """

    def __init__(
        self, engine: Engine | None, served: ServedIndex, calls: EngineCalls, metrics: Metrics, *, patience_s: float
    ) -> None:
        self._engine = engine
        self._served = served
        self._calls = calls
        self._patience_s = patience_s
        self._task = BackgroundTask("engine watch", self._run, metrics)

    def start(self) -> None:
        """Start to look."""
        self._task.start()

    async def stop(self) -> None:
        """Stop."""
        await self._task.stop()

    async def _run(self) -> None:
        while True:
            asked = asyncio.ensure_future(asyncio.to_thread(self._ask))
            await asyncio.wait({asked}, timeout=self._patience_s)
            if not asked.done():
                self._calls.away(f"the search engine did not answer within {self._patience_s:g} s")
            try:
                # Another would only take another thread.
                await asked
            except (SearchUnavailableError, EngineError) as error:
                self._calls.away(str(error))
            else:
                self._calls.answers()
            pause_s = _INTERVAL_S if self._calls.problem is None else _AWAY_INTERVAL_S
            # Not all processes at the same time.
            await asyncio.sleep(pause_s * random.uniform(0.75, 1.0))  # noqa: S311

    def _ask(self) -> None:
        opened = self._served.opened
        if opened is not None and opened.searcher.remote:
            opened.searcher.having(_PROBE)
        elif self._engine is not None:
            self._engine.versions()
