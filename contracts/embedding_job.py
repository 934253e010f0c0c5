"""The messages between API and worker, and the Redis keys they travel through.

A job's picture lies under `photo:<job id>` and expires with the job's deadline, so the deadline is
kept by Redis's clock alone: a worker that finds no picture has nothing left to do. A reply goes to
the list of the API process that asked, and for a minute to `res:<job id>`, so a job that is
delivered twice is computed once.
"""

import base64
import json
from dataclasses import asdict, dataclass
from typing import Literal, Self, cast

import numpy as np
from numpy.typing import NDArray

from contracts.box import Box
from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import RejectionCode

EMBED_TASK = "embed"
RESULT_TTL_S = 60
ATTEMPTS_TTL_S = 60
REPLY_LIST_TTL_S = 60
MAX_ATTEMPTS = 3
HEARTBEAT_INTERVAL_S = 2.0
HEARTBEAT_TTL_S = 15
WORKER_VERSIONS_KEY = "worker:versions"


def queue_name(model_version: str) -> str:
    """The queue that only workers of this model version consume."""
    return f"embed.{model_version}"


def photo_key(job_id: str) -> str:
    """Where the raw bytes of a job's picture lie until it is answered or late."""
    return f"photo:{job_id}"


def result_key(job_id: str) -> str:
    """Where a copy of the reply lies for a minute."""
    return f"res:{job_id}"


def attempts_key(job_id: str) -> str:
    """How many times a worker has begun this job: a picture that kills workers is given up."""
    return f"att:{job_id}"


def reply_list_key(api_process_id: str) -> str:
    """The list on which one API process waits for its replies."""
    return f"reply:{api_process_id}"


def heartbeat_key(model_version: str) -> str:
    """Present while at least one worker of this model version lives."""
    return f"worker:{model_version}"


def worker_starts_key(model_version: str) -> str:
    """Counts the starts of workers of this model version: a new one may stand for one that died.

    What a dying worker has taken from the queue in its last milliseconds is nowhere any more, so
    the APIs submit again what they still wait for.
    """
    return f"worker:starts:{model_version}"


@dataclass(frozen=True, slots=True)
class EmbedJob:
    """The arguments of the `embed` task: everything but the picture.

    Attributes:
        job_id: 32 hexadecimal digits.
        reply_to: key of the list the reply is pushed to.
        box: the part of the picture to embed, or None for all of it.
    """

    job_id: str
    reply_to: str
    box: Box | None

    def to_kwargs(self) -> dict[str, object]:
        """Keyword arguments for the Celery task, JSON types only."""
        box = None if self.box is None else [self.box.x1, self.box.y1, self.box.x2, self.box.y2]
        return {"job_id": self.job_id, "reply_to": self.reply_to, "box": box}

    @classmethod
    def from_kwargs(cls, job_id: str, reply_to: str, box: list[float] | None) -> Self:
        """The job of a task's keyword arguments.

        Raises:
            ValueError: the message is not one that an API sends (keys could be forged).
            PictureRejected: the box is none.
        """
        if len(job_id) != 32 or not set(job_id) <= set("0123456789abcdef"):
            raise ValueError(f"job_id must be 32 hexadecimal digits, got {job_id!r:.60}")
        if not reply_to.startswith("reply:"):
            raise ValueError(f"reply_to must start with 'reply:', got {reply_to!r:.60}")
        return cls(job_id, reply_to, None if box is None else Box(*box))


@dataclass(frozen=True, slots=True)
class EmbedReply:
    """What a worker answers: an embedding, or why there is none.

    Attributes:
        embedding: (512,) float32, or None when rejected.
        category, confidence: best class and its probability, None while no head is trained.
        width, height: of the picture after EXIF orientation, before the box, pixels.
        decode_ms, embed_ms: time spent on each, milliseconds.
        rejected: why there is no embedding: a code and a sentence, else None.
    """

    job_id: str
    model_version: str
    embedding: NDArray[np.float32] | None = None
    category: str | None = None
    confidence: float | None = None
    width: int = 0
    height: int = 0
    decode_ms: float = 0.0
    embed_ms: float = 0.0
    rejected: "Rejection | None" = None

    def to_bytes(self) -> bytes:
        """JSON, the embedding as base64 of little-endian float32."""
        fields = {name: getattr(self, name) for name in _SCALAR_FIELDS}
        fields["embedding"] = (
            None
            if self.embedding is None
            else base64.b64encode(np.ascontiguousarray(self.embedding, "<f4").tobytes()).decode("ascii")
        )
        fields["rejected"] = None if self.rejected is None else asdict(self.rejected)
        return json.dumps(fields).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The reply of its JSON.

        Raises:
            ValueError: not JSON, a field is missing, or the embedding has not 512 finite numbers.
        """
        try:
            fields = json.loads(data)
            scalars = {name: fields[name] for name in _SCALAR_FIELDS}
            encoded, rejected = fields["embedding"], fields["rejected"]
            rejection = None if rejected is None else Rejection(rejected["code"], rejected["detail"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a reply of a worker: {error!r}") from error
        embedding = None
        if encoded is not None:
            embedding = np.frombuffer(base64.b64decode(encoded, validate=True), "<f4").astype(np.float32)
            if embedding.shape != (EMBEDDING_DIMENSIONS,) or not np.isfinite(embedding).all():
                raise ValueError(f"an embedding must be {EMBEDDING_DIMENSIONS} finite numbers")
        elif rejection is None:
            raise ValueError("a reply holds an embedding or a rejection, this one neither")
        return cls(**scalars, embedding=embedding, rejected=rejection)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a picture has no embedding, with the code of the HTTP contract."""

    code: RejectionCode | Literal["internal_error"]
    detail: str


_SCALAR_FIELDS = cast(
    "tuple[str, ...]",
    ("job_id", "model_version", "category", "confidence", "width", "height", "decode_ms", "embed_ms"),
)
