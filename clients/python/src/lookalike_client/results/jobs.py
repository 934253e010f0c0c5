"""Embedding jobs."""

from dataclasses import dataclass

_OPEN = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True)
class JobResult:
    """The embedding of a picture.

    Attributes:
        index: position in the request.
        item_id: of the item; None for a photo.
        filename: of the photo, if it had one.
        embedding: 512 numbers.
    """

    index: int
    item_id: str | None
    filename: str | None
    embedding: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a picture has no embedding.

    Attributes:
        index: position in the request.
        item_id: of the item; None for a photo.
        code: stable, for programs.
        detail: what is wrong and what to do.
    """

    index: int
    item_id: str | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Attributes:
        job_id: of the job.
        status: `queued`, `running`, `succeeded`, `failed` or `expired`.
        done: number of finished pictures, with or without an embedding.
        total: number of pictures.
        results: a page of the embeddings, in order of `index`.
        errors: a page of the finished pictures without one.
    """

    job_id: str
    status: str
    done: int
    total: int
    results: tuple[JobResult, ...] = ()
    errors: tuple[JobError, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether it has ended, well or badly."""
        return self.status not in _OPEN
