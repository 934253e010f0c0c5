"""The embedding of a picture that a request puts into the catalogue."""

import asyncio
from typing import Final

import numpy as np
from numpy.typing import NDArray

from api.http.problems import ServiceProblem
from api.items.open_index import OpenIndex
from api.jobs.runner import JobRunner

# All writes together count as one job, so neither holds up the other, and photos of customers come first.
_TURN: Final = "items that are put"


class PutEmbedder:
    """Has pictures of items embedded by the workers.

    Args:
        jobs: whose pictures these take turns with.
        timeout_s: how long a picture may take, seconds.
    """

    def __init__(self, jobs: JobRunner, *, timeout_s: float) -> None:
        self._jobs = jobs
        self._timeout_s = timeout_s

    async def embed(self, index: OpenIndex, picture: bytes) -> NDArray[np.float32]:
        """The embedding of all of a picture by the index's network, (512,) float32; no garment is looked for.

        Raises:
            PictureRejected: the picture cannot be embedded.
            ServiceProblem: `queue_full`, `queue_unavailable`, `no_worker`, `model_mismatch`, `inference_timeout` or
                `internal_error`.
        """
        # Without workers nobody should wait for a turn.
        index.embedder.check_room(len(picture))
        try:
            async with asyncio.timeout(self._timeout_s) as timeout, self._jobs.turn(_TURN):
                return (await index.embedder.embed(picture)).embedding
        except TimeoutError:
            if not timeout.expired():
                raise
            raise ServiceProblem(
                "inference_timeout", f"the picture was not embedded within {self._timeout_s:g} s; try again"
            ) from None
