"""Waiting for what the service does in the background."""

from typing import Final

from lookalike_client.errors import ImportFailed, JobFailed, LookalikeError, TimedOut
from lookalike_client.results.imports import Import
from lookalike_client.results.jobs import Job
from lookalike_client.retrying import Deadline

_FIRST_WAIT_S: Final = 0.1
_LONGEST_WAIT_S: Final = 5.0
_GROWTH: Final = 1.5


class Polling:
    """When to ask again.

    Args:
        within_s: seconds after which whoever waits gives up.
    """

    def __init__(self, within_s: float) -> None:
        self._deadline = Deadline(within_s)
        self._next_s = _FIRST_WAIT_S

    def left_s(self) -> float:
        """Seconds until the end."""
        return self._deadline.left_s()

    def wait_s(self, failure: LookalikeError | None) -> float:
        """Seconds to wait until the next question.

        Args:
            failure: of the last one, such as while the service is started again; None: it was answered.

        Raises:
            LookalikeError: `failure`, or `TimedOut` if there is none: the time is over.
        """
        wait_s, self._next_s = self._next_s, min(self._next_s * _GROWTH, _LONGEST_WAIT_S)
        if wait_s < self.left_s():
            return wait_s
        raise failure or TimedOut(f"it has not ended within {self._deadline.within_s:.3g} s; it goes on", True)


def import_ended(record: Import, *, visible: bool) -> bool:
    """Whether an import has ended.

    Args:
        record: as it is now.
        visible: whether its changes must be served, too.

    Raises:
        ImportFailed: it has failed.
    """
    if record.status == "failed":
        raise ImportFailed(f"import {record.import_id} has failed: {record.detail or 'the service gave no reason'}")
    return record.finished and (record.visible or not visible)


def job_ended(job: Job) -> bool:
    """Whether a job has ended.

    Raises:
        JobFailed: it has failed or expired.
    """
    if job.status in {"failed", "expired"}:
        why = f": {job.errors[0].detail}" if job.errors else ""
        raise JobFailed(f"job {job.job_id} has {job.status}{why}")
    return job.finished
