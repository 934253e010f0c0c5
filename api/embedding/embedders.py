"""The embedders of one process: one for each model version that it needs right now."""

import asyncio
import logging
from collections.abc import Callable, Set

from redis.exceptions import RedisError

from api.embedding.embedder import Embedder

_log = logging.getLogger("lookalike.api")

# So long a new embedder may take to prove the way through a worker before its index is served anyway.
_PROOF_S = 1.0
_PROOF_STEP_S = 0.02


class Embedders:
    """Starts an embedder where an index of its model is opened, stops it when no such index is in use.

    Args:
        make: a new embedder of a model version, not started.
    """

    def __init__(self, make: Callable[[str], Embedder]) -> None:
        self._make = make
        self._by_version: dict[str, Embedder] = {}

    def add(self, model_version: str, embedder: Embedder) -> None:
        """Take in one that is not started; call before `start`."""
        self._by_version[model_version] = embedder

    async def start(self) -> None:
        """Start those that were added."""
        for embedder in self._by_version.values():
            await embedder.start()

    async def stop(self) -> None:
        """Stop all of them; whoever still waits gets `queue_unavailable`."""
        await self.keep_only(frozenset())

    async def of(self, model_version: str) -> Embedder:
        """The embedder of a model version, started where there is none.

        A new one gets a moment to have a picture go through a worker, so that the process does not
        look unready when it changes to it; without a worker it is returned all the same.
        """
        running = self._by_version.get(model_version)
        if running is not None:
            return running
        # Noted before it is started, so that `stop` ends it too when the process ends meanwhile.
        embedder = self._by_version[model_version] = self._make(model_version)
        await embedder.start()
        tries = round(_PROOF_S / _PROOF_STEP_S) if embedder.health().redis else 0
        while tries and not embedder.health().worker:
            await asyncio.sleep(_PROOF_STEP_S)
            tries -= 1
        return embedder

    async def keep_only(self, model_versions: Set[str]) -> None:
        """Stop the embedders of all other model versions; nobody may hold their index any more."""
        for version in self._by_version.keys() - model_versions:
            embedder = self._by_version.pop(version)
            try:
                await embedder.stop()
            except (RedisError, OSError) as error:
                _log.info("the embedder of model %s did not stop in peace: %r", version, error)

    def pending_jobs(self) -> int:
        """Pictures that wait for their embedding, of all model versions."""
        return sum(embedder.health().pending_jobs for embedder in self._by_version.values())
