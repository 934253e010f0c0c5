"""The messages between API and worker, and their Redis keys.

A job's picture is stored under `photo:<job id>` and expires at the job's deadline. So only Redis's
clock decides whether a job is late, and a worker that finds no picture drops the job. A reply is
pushed to the list of the API process that asked. It is also kept for a minute under `res:<job id>`,
so a job that is delivered twice is computed once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from contracts.box import Box

EMBED_TASK = "embed"
REQUEST_ID_HEADER = "lookalike_request_id"
BACKGROUND_HEADER = "lookalike_background"
DETECT_HEADER = "lookalike_detect"
RESULT_TTL_S = 60
ATTEMPTS_TTL_S = 60
REPLY_LIST_TTL_S = 60
MAX_ATTEMPTS = 3
HEARTBEAT_INTERVAL_S = 0.5
HEARTBEAT_TTL_MS = 14_500
# Redis rounds what is left of it to whole seconds. Below this, the last beat is over 2 s old: the worker stands still.
LIVELY_TTL_S = 13
WORKER_VERSIONS_KEY = "worker:versions"
# Every API process writes it about twice a second, to learn whether Redis accepts writes.
WRITE_CHECK_KEY = "worker:write-check"

_LONGEST_REQUEST_ID = 128


def queue_name(model_version: str) -> str:
    """The queue that only workers of this model version consume."""
    return f"embed.{model_version}"


def photo_key(job_id: str) -> str:
    """Key of the raw bytes of a job's picture, kept until the job is answered or late."""
    return f"photo:{job_id}"


def result_key(job_id: str) -> str:
    """Key of a copy of the reply, kept for a minute."""
    return f"res:{job_id}"


def attempts_key(job_id: str) -> str:
    """Key of the number of times a worker has started this job: a picture that kills workers is given up."""
    return f"att:{job_id}"


def reply_list_key(api_process_id: str) -> str:
    """Key of the list on which one API process waits for its replies."""
    return f"reply:{api_process_id}"


def heartbeat_key(model_version: str) -> str:
    """Key that exists while at least one worker of this model version is alive, and is renewed while it runs.

    Its value names the worker that renewed it last; see `heartbeat_value`.
    """
    return f"worker:{model_version}"


def heartbeat_value(worker_id: str, detector_version: str | None) -> str:
    """What a worker writes under `heartbeat_key`: its id and, if it has one, the version of its garment detector."""
    return worker_id if detector_version is None else f"{worker_id} {detector_version}"


def detector_in(heartbeat: bytes) -> str | None:
    """The version of the garment detector that a heartbeat's value names, or None."""
    _, _, version = heartbeat.decode(errors="replace").partition(" ")
    return version or None


def worker_starts_key(model_version: str) -> str:
    """Key of the number of times a worker of this model version has started.

    A new worker may replace one that died. Messages that a dying worker took from the queue in its
    last milliseconds are lost, so on each start the APIs resubmit the jobs they still wait for.
    """
    return f"worker:starts:{model_version}"


@dataclass(frozen=True, slots=True)
class EmbedJob:
    """The arguments of the `embed` task: everything but the picture.

    Attributes:
        job_id: 32 hexadecimal digits.
        reply_to: key of the list that the reply is pushed to.
        box: the part of the picture to embed, or None for the whole picture.
        request_id: of the HTTP request that it belongs to, for the worker's log; empty if none is known. It travels as
            a header of the message, which workers of older versions pass over.
        background: a picture that nobody waits for in front of a screen; photos of customers are embedded first. Also
            a header.
        detect: look for garments, and embed the most prominent one if there is no box. Also a header.
        delivery_tag: names the message among those under way, so that its end can be noted together with the reply;
            empty where the job is not from a queue.
    """

    job_id: str
    reply_to: str
    box: Box | None
    request_id: str = ""
    background: bool = False
    detect: bool = False
    delivery_tag: str = ""

    def to_headers(self) -> dict[str, object]:
        """What travels beside the arguments."""
        return {
            REQUEST_ID_HEADER: self.request_id,
            BACKGROUND_HEADER: self.background,
            DETECT_HEADER: self.detect,
        }

    def to_kwargs(self) -> dict[str, object]:
        """Keyword arguments for the Celery task; JSON types only."""
        box = None if self.box is None else [self.box.x1, self.box.y1, self.box.x2, self.box.y2]
        return {"job_id": self.job_id, "reply_to": self.reply_to, "box": box}

    @classmethod
    def from_message(
        cls, request: Mapping[str, object], job_id: str, reply_to: str, box: list[float] | None = None
    ) -> Self:
        """Parse a message: what Celery says of it, its headers among that, and its task's keyword arguments.

        Raises:
            ValueError: no API sends such a message; accepting it would let a sender forge Redis keys.
            PictureRejected: the box is invalid.
        """
        if len(job_id) != 32 or not set(job_id) <= set("0123456789abcdef"):
            raise ValueError(f"job_id must be 32 hexadecimal digits, got {job_id!r:.60}")
        if not reply_to.startswith("reply:"):
            raise ValueError(f"reply_to must start with 'reply:', got {reply_to!r:.60}")
        request_id = request.get(REQUEST_ID_HEADER)
        properties = request.get("properties")
        tag = properties.get("delivery_tag") if isinstance(properties, dict) else None
        return cls(
            job_id,
            reply_to,
            None if box is None else Box(*box),
            request_id=request_id if isinstance(request_id, str) and len(request_id) <= _LONGEST_REQUEST_ID else "",
            background=request.get(BACKGROUND_HEADER) is True,
            detect=request.get(DETECT_HEADER) is True,
            delivery_tag=tag if isinstance(tag, str) else "",
        )
