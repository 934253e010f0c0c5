"""The interface through which pictures are embedded, and the health of the services behind it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from api.embedding.admitted import Admitted
from api.embedding.redis_memory import RedisMemory
from contracts.box import Box
from contracts.embedding_reply import Embedded


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """The last known state of Redis and the workers; read from memory.

    Attributes:
        redis: Redis answered recently, and has room for photos.
        worker: a recent probe or job was embedded by a worker of the index's model version.
        redis_detail: one sentence for people.
        worker_detail: one sentence for people.
        memory: of Redis.
        pending_jobs: jobs that wait for their reply.
    """

    redis: bool
    worker: bool
    redis_detail: str
    worker_detail: str
    memory: RedisMemory = field(default_factory=RedisMemory)
    pending_jobs: int = 0


class Embedder(Protocol):
    """Turns pictures into embeddings; call `start` first and `stop` last, on the same event loop."""

    async def start(self) -> None:
        """Get ready; does not fail if Redis or the workers are unavailable."""
        ...

    async def stop(self) -> None:
        """End all tasks and connections; callers that still wait get `queue_unavailable`."""
        ...

    async def embed(
        self, picture: bytes, *, box: Box | None = None, detect: bool = False, timeout_s: float | None = None
    ) -> Embedded:
        """The embedding of a picture of a job, or of a box on it; photos that were admitted come first.

        Args:
            picture: bytes of a file in one of the formats of `pictures.formats`.
            box: the part to embed, or None for all of it.
            detect: find garments, and embed the most prominent one if there is no box.
            timeout_s: how long the reply may take; None for the default.

        Returns:
            The reply of a worker of this embedder's model version.

        Raises:
            PictureRejected: the picture cannot be embedded.
            ServiceProblem: `queue_full`, `queue_unavailable`, `no_worker`, `model_mismatch`,
                `inference_timeout` or `internal_error`.
        """
        ...

    def admit(self, upload_bytes: int) -> AbstractContextManager[Admitted]:
        """A place for a customer's photo whose bytes are yet to be checked; it is free again when the block is left.

        Its deadline begins now. Inside the block at most one picture may be embedded.

        Args:
            upload_bytes: at least as many as the picture has.

        Raises:
            ServiceProblem: `queue_full`, `queue_unavailable`, `no_worker` or `model_mismatch`.
        """
        ...

    def check_room(self, upload_bytes: int) -> None:
        """Refuse a photo that `admit` would refuse now, before its body is read; nothing is reserved.

        Args:
            upload_bytes: as far as they are announced.

        Raises:
            ServiceProblem: as `admit`.
        """
        ...

    def health(self) -> QueueHealth:
        """The last known state of Redis and the workers; never waits."""
        ...
