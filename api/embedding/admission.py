"""Whether another picture may be submitted: decided at once, from memory, without waiting."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from api.embedding.answer_rate import AnswerRate
from api.embedding.monitor import Look
from api.http.problems import ServiceProblem
from contracts.errors import PictureRejected


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """Limits on the work that one API process may have waiting.

    Attributes:
        max_pending_jobs: pictures that wait for a reply.
        max_pending_bytes: total size of these pictures.
    """

    max_pending_jobs: int = 128
    max_pending_bytes: int = 96 * 1024 * 1024


class Admission:
    """Counts the pictures that wait, and refuses new ones above the limits.

    Args:
        limits: of this process.
        model_version: for messages.
        timeout_s: how long a picture may take, seconds: after it, nothing that waits now still waits.
    """

    def __init__(self, limits: AdmissionLimits, model_version: str, *, timeout_s: float = 10.0) -> None:
        self._limits = limits
        self._timeout_s = timeout_s
        self._rate = AnswerRate()
        self._version = model_version
        self._last_look: Look | None = None
        self._bytes_since_look = 0
        self._unsent_bytes = 0
        self.jobs = 0
        self.bytes = 0

    @contextmanager
    def place(self, picture_bytes: int, look: Look) -> Iterator[Callable[[], None]]:
        """Admit one more picture until the block is left; call what it gives when the picture goes to Redis.

        Raises:
            ServiceProblem: `queue_unavailable`, `no_worker`, `model_mismatch` or `queue_full`.
        """
        self.check(picture_bytes, look)
        sent = False

        def send() -> None:
            nonlocal sent
            sent = True
            self._unsent_bytes -= picture_bytes
            self._bytes_since_look += picture_bytes

        self.jobs += 1
        self._rate.waiting(self.jobs)
        self.bytes += picture_bytes
        self._unsent_bytes += picture_bytes
        try:
            yield send
        finally:
            self.jobs -= 1
            self._rate.waiting(self.jobs)
            self.bytes -= picture_bytes
            if not sent:
                self._unsent_bytes -= picture_bytes

    def check(self, picture_bytes: int, look: Look) -> None:
        """Refuse what `place` would refuse now. Nothing is reserved: who announces a picture may never send it.

        Raises:
            ServiceProblem: as `place`.
        """
        if look is not self._last_look:
            self._last_look, self._bytes_since_look = look, 0
        self.check_services(look)
        self._check_room(picture_bytes, look)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count what ends inside as an answer to a picture that waited, also where that is refused.

        Raises:
            ServiceProblem: `queue_full` of Redis or a worker, with the time to wait: neither knows how many do.
        """
        try:
            yield
        except PictureRejected:
            self._rate.answered()
            raise
        except ServiceProblem as problem:
            if problem.code != "queue_full":
                raise
            raise self.queue_full(problem.detail) from None
        self._rate.answered()

    def queue_full(self, detail: str) -> ServiceProblem:
        """The problem for a picture too many, with the time after which those that wait now are answered."""
        return ServiceProblem("queue_full", detail, self._rate.wait_s(otherwise_s=self._timeout_s))

    def check_services(self, look: Look) -> None:
        """Refuse while Redis or the workers are unavailable.

        Raises:
            ServiceProblem: `queue_unavailable`, `queue_full`, `no_worker` or `model_mismatch`.
        """
        if look.redis_problem is not None:
            raise ServiceProblem("queue_unavailable", f"{look.redis_problem}; items can still be looked up by id")
        if look.is_full:
            raise self.queue_full(f"{look.problem}; items can still be looked up by id")
        if look.worker:
            return
        if look.other_versions:
            raise ServiceProblem(
                "model_mismatch",
                f"the index was made by model {self._version}, the workers run "
                f"{', '.join(look.other_versions)}; start a worker of the index's model or load their index",
            )
        raise ServiceProblem(
            "no_worker", f"no worker of model {self._version} is running; items can still be looked up by id"
        )

    def _check_room(self, picture_bytes: int, look: Look) -> None:
        if self.jobs >= self._limits.max_pending_jobs:
            raise self.queue_full(f"{self.jobs} pictures are waiting already; try again")
        # A picture larger than the limit is still admitted if nothing else waits.
        if self.jobs and self.bytes + picture_bytes > self._limits.max_pending_bytes:
            raise self.queue_full(f"{self.bytes:,} bytes of pictures are waiting already; try again")
        # The look does not know yet what this process has sent since.
        if not look.memory.has_room_for(self._bytes_since_look + self._unsent_bytes + picture_bytes):
            raise self.queue_full("the memory that Redis has for photos is in use; try again")
