"""What the routes may ask of whoever embeds pictures, and what they get to know of its health."""

from dataclasses import dataclass
from typing import Protocol

from contracts.box import Box
from contracts.embedding_reply import Embedded


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """What is known of Redis and the workers right now; taken from memory, costs nothing.

    Attributes:
        redis: Redis answered lately.
        worker: a recent probe or job went through Redis and a worker of the index's model version and back.
        redis_detail: one sentence for a person.
        worker_detail: one sentence for a person.
        redis_memory_share: used share of Redis's maxmemory, 0..1, or None while unknown or unlimited.
        pending_jobs: jobs that wait for their reply.
    """

    redis: bool
    worker: bool
    redis_detail: str
    worker_detail: str
    redis_memory_share: float | None = None
    pending_jobs: int = 0


class Embedder(Protocol):
    """Turns pictures into embeddings; `start` comes first, `stop` last, both on the same event loop."""

    async def start(self) -> None:
        """Get ready; does not fail when Redis or the workers are away."""
        ...

    async def stop(self) -> None:
        """End every task and connection; whoever still waits gets `queue_unavailable`."""
        ...

    async def embed(self, picture: bytes, *, box: Box | None = None, timeout_s: float | None = None) -> Embedded:
        """The embedding of a picture, or of a box on it.

        Args:
            picture: a file's bytes, of one of the formats in `pictures.formats`.
            box: the part to embed, or None for all of it.
            timeout_s: how long the answer may take; None for the setting's.

        Returns:
            What a worker of the model version that this embedder serves made of it.

        Raises:
            PictureRejected: the picture cannot be embedded.
            ServiceProblem: `queue_full`, `queue_unavailable`, `no_worker`, `model_mismatch`,
                `inference_timeout` or `internal_error`.
        """
        ...

    def health(self) -> QueueHealth:
        """What is known of Redis and the workers; never waits."""
        ...
