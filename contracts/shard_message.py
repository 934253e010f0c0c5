"""The messages of an extraction on workers: which shard of which job. Never a path, and never a picture.

What a shard holds stands in a file of the work folder, which the worker finds by its own settings.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

EXTRACT_TASK: Final = "extract_shard"
MOST_SHARDS: Final = 1_000_000
SHARD_ATTEMPTS_TTL_S: Final = 7 * 24 * 3600

_JOB: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


def extract_queue(model_version: str) -> str:
    """The queue that only workers of this model version consume, so that no shard meets another network."""
    return f"extract.{model_version}"


def under_way_keys(queue: str) -> dict[str, str]:
    """Where Celery notes the messages of this queue that are under way, apart from those of customers' photos.

    Workers of photos look after seconds for what a dead worker left, and would give a shard to another meanwhile.
    """
    return {
        "unacked_key": f"unacked.{queue}",
        "unacked_index_key": f"unacked_index.{queue}",
        "unacked_mutex_key": f"unacked_mutex.{queue}",
    }


@dataclass(frozen=True, slots=True)
class ShardMessage:
    """The arguments of the `extract_shard` task.

    Attributes:
        job: 32 hexadecimal digits.
        shard: its number, from 0 on.
    """

    job: str
    shard: int

    @property
    def attempts_key(self) -> str:
        """Redis key of the number of times a worker has started this shard."""
        return f"att:extract:{self.job}:{self.shard}"

    @property
    def rows_key(self) -> str:
        """Redis key of the pictures that were under way when this shard was tried again: row -> how often."""
        return f"att:extract-rows:{self.job}:{self.shard}"

    def to_kwargs(self) -> dict[str, object]:
        """Keyword arguments for the Celery task; JSON types only."""
        return {"job": self.job, "shard": self.shard}

    @classmethod
    def from_message(cls, job: object, shard: object) -> Self:
        """Parse a task's keyword arguments.

        Raises:
            ValueError: no extraction sends such a message; accepting it would let a sender choose names of files.
        """
        if not isinstance(job, str) or not is_job(job):
            raise ValueError(f"job must be 32 hexadecimal digits, got {job!r:.60}")
        if type(shard) is not int or not 0 <= shard < MOST_SHARDS:
            raise ValueError(f"shard must be a number from 0 on, got {shard!r:.60}")
        return cls(job, shard)


def is_job(name: str) -> bool:
    """Whether a name is one of a job."""
    return _JOB.fullmatch(name) is not None
