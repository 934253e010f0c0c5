"""The embedders of one process: one for each model version in use."""

import asyncio
import logging
from collections.abc import Callable, Set

from redis.exceptions import RedisError

from api.embedding.embedder import Embedder

_log = logging.getLogger("lookalike.api")

# How long to wait for a new embedder's first probe; its index is served afterwards in any case.
_PROOF_S = 1.0
_PROOF_STEP_S = 0.02


class Embedders:
    """Starts an embedder when an index of its model is opened, and stops it when no such index is in use.

    Args:
        make: creates an embedder of a model version, not started.
    """

    def __init__(self, make: Callable[[str], Embedder]) -> None:
        self._make = make
        self._by_version: dict[str, Embedder] = {}

    def add(self, model_version: str, embedder: Embedder) -> None:
        """Add an embedder that is not started; call before `start`."""
        self._by_version[model_version] = embedder

    async def start(self) -> None:
        """Start the embedders that were added."""
        for embedder in self._by_version.values():
            await embedder.start()

    async def stop(self) -> None:
        """Stop all of them; callers that still wait get `queue_unavailable`."""
        await self.keep_only(frozenset())

    async def of(self, model_version: str) -> Embedder:
        """The embedder of a model version; a new one is started if there is none.

        A new one gets a moment to have a probe embedded, so that the process does not look unready
        when it switches to it. Without a worker it is returned all the same.
        """
        running = self._by_version.get(model_version)
        if running is not None:
            return running
        # Registered before it is started, so that `stop` also stops it if the process ends meanwhile.
        embedder = self._by_version[model_version] = self._make(model_version)
        await embedder.start()
        tries = round(_PROOF_S / _PROOF_STEP_S) if embedder.health().redis else 0
        while tries and not embedder.health().worker:
            await asyncio.sleep(_PROOF_STEP_S)
            tries -= 1
        return embedder

    async def keep_only(self, model_versions: Set[str]) -> None:
        """Stop the embedders of all other model versions; their indexes must not be in use any more."""
        for version in self._by_version.keys() - model_versions:
            embedder = self._by_version.pop(version)
            try:
                await embedder.stop()
            except (RedisError, OSError) as error:
                _log.info("the embedder of model %s did not stop cleanly: %r", version, error)

    def pending_jobs(self) -> int:
        """Number of pictures that wait for their embedding, over all model versions."""
        return sum(embedder.health().pending_jobs for embedder in self._by_version.values())
