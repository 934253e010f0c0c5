"""What became of a job and of each of its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from api.jobs.photo_search import PhotoSearch
from contracts.embedding_reply import Embedded

JobStatus = Literal["queued", "running", "succeeded", "failed", "expired"]


class Outcome(IntEnum):
    """What became of a picture; one byte for each picture of a job in Redis."""

    PENDING = 0
    EMBEDDED = 1
    # The index has no such item; noticed when the job was accepted, so the picture has no record.
    UNKNOWN = 2
    # The job ended before this picture's turn; the reason is the job's.
    STOPPED = 3
    # The picture itself was refused; its record says why.
    REFUSED = 4


@dataclass(frozen=True, slots=True)
class JobResult:
    """The embedding of one picture of a job.

    Attributes:
        index: position in the request.
        item_id, filename: as in the request, or None.
        embedding: (512,) float32.
        reply: the worker's, if the job keeps it; None when the result is read.
    """

    index: int
    item_id: str | None
    filename: str | None
    embedding: NDArray[np.float32]
    reply: Embedded | None = None


@dataclass(frozen=True, slots=True)
class JobError:
    """Why one picture of a job has no embedding."""

    index: int
    item_id: str | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A picture that is finished.

    Attributes:
        slot: place of its record, among the pictures of the job that have one.
        outcome: its embedding, or the reason why it has none.
    """

    slot: int
    outcome: JobResult | JobError


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why a job ended before all of its pictures were finished; code and detail as in a problem."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class JobView:
    """The state of a job.

    Attributes:
        done: number of finished pictures, with or without an embedding.
        total: number of pictures of the job.
        results: a page of the finished pictures with an embedding, in order of index.
        errors: a page of the finished pictures without one, in order of index.
        search: what the job is for, if it is a search by photo.
    """

    job_id: str
    status: JobStatus
    done: int
    total: int
    results: Sequence[JobResult] = ()
    errors: Sequence[JobError] = ()
    search: PhotoSearch | None = None
