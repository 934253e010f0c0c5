"""How the memory of Redis is divided: half for photos, a share for the results of jobs, the rest for what moves.

What is remembered of answered photos counts as photos. It is a sixteenth at most, and is written only while half of the
photos' share is free.

Replies and messages are small, and Redis must always have room for them. So photos and jobs are refused long before
Redis itself refuses to write, and neither can take the other's part.
"""

from dataclasses import dataclass
from typing import Final

PHOTO_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class RedisMemory:
    """What Redis reported last.

    Attributes:
        used_bytes: all that is stored.
        max_bytes: Redis's `maxmemory`; 0 if it has no limit.
        job_bytes: reserved for the results of jobs; part of `used_bytes`.
    """

    used_bytes: int = 0
    max_bytes: int = 0
    job_bytes: int = 0

    @property
    def photo_bytes(self) -> int:
        """What is used and not reserved for jobs: photos, their messages and replies."""
        return max(0, self.used_bytes - self.job_bytes)

    @property
    def photo_limit_bytes(self) -> int:
        """Above this, photos are refused; 0 if there is no limit."""
        return int(self.max_bytes * PHOTO_SHARE)

    def has_room_for(self, photo_bytes: int) -> bool:
        """Whether so many more bytes of photos fit."""
        return not self.max_bytes or self.photo_bytes + photo_bytes <= self.photo_limit_bytes

    @property
    def problem(self) -> str | None:
        """A sentence for people if no photo is accepted, else None."""
        if self.has_room_for(1):
            return None
        return (
            f"Redis's memory for photos is full: {self.photo_bytes:,} of {self.photo_limit_bytes:,} bytes are used, "
            f"besides {self.job_bytes:,} bytes reserved for jobs, so photos are refused"
        )


def job_limit_bytes(max_bytes: int, *, share: float, without_maximum: int) -> int:
    """How much of Redis's memory the results of jobs may take, bytes.

    Args:
        max_bytes: Redis's `maxmemory`, or 0.
        share: of `maxmemory`.
        without_maximum: the limit if Redis has no `maxmemory`, bytes.
    """
    return int(max_bytes * share) if max_bytes else without_maximum
