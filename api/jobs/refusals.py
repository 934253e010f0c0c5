"""Why a job is not accepted, or its state cannot be told."""

from typing import Final

from redis.exceptions import RedisError

from api.http.problems import ServiceProblem
from contracts.sizes import size_in_words

_HOUR_S: Final = 3600


def queue_unavailable(error: RedisError) -> ServiceProblem:
    """The problem for an error of Redis."""
    return ServiceProblem(
        "queue_unavailable",
        f"Redis, which keeps the state of jobs, did not answer ({type(error).__name__}); try again",
    )


def never_fits(pictures: int, needed: int, limit: int) -> ServiceProblem:
    """The problem for a job that needs more than all jobs may have.

    Args:
        pictures: number of pictures of the job.
        needed: by the job, bytes.
        limit: for all jobs, bytes.
    """
    return ServiceProblem(
        "queue_full",
        f"a job of these {pictures:,} pictures needs {size_in_words(needed)} of Redis's memory, and all jobs together "
        f"have {size_in_words(limit)}; send fewer pictures in a job, or give Redis more memory",
        _HOUR_S,
    )


def no_room(needed: int, used: int, limit: int, wait_s: int) -> ServiceProblem:
    """The problem for a job for which there is no memory now.

    Args:
        needed: by the job, bytes.
        used: by other jobs, bytes.
        limit: for all jobs, bytes.
        wait_s: until memory is released, seconds.
    """
    return ServiceProblem(
        "queue_full",
        f"this job needs {size_in_words(needed)} of Redis's memory, and {size_in_words(used)} of the "
        f"{size_in_words(limit)} for jobs are reserved until an hour after the end of earlier jobs; send "
        "fewer pictures in a job, or try again later",
        wait_s,
    )


def too_many_jobs(jobs: int, wait_s: int) -> ServiceProblem:
    """The problem for a caller who has as many jobs as are allowed.

    Args:
        jobs: of the caller, unfinished or kept.
        wait_s: until one of them expires, seconds.
    """
    return ServiceProblem(
        "rate_limited",
        f"{jobs:,} jobs of yours are unfinished, or ended within the last hour; try again later, or send more pictures "
        "in a job",
        wait_s,
    )
