"""Where an extraction and its workers meet: a folder or bucket that all of them can reach.

<job>/job.json        what all shards have in common; while it is there, the job is wanted
<job>/shards/000012   references to pictures
<job>/results/000012  what came of them; written once, by the first worker that is done
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from contracts.errors import StoreUnavailableError
from contracts.object_urls import is_object_url
from contracts.shard_message import is_job
from model.shards.plan import MOST_REFERENCES, Reference, ShardJob, parse_job, parse_shard, render_job, render_shard
from model.shards.result import MOST_RESULT_BYTES, ShardResult, parse_result, render_result
from storage.object_facts import ObjectTakenError
from storage.object_store import open_object_store

_MOST_JOB_BYTES: Final = 64 * 1024
_MOST_SHARD_BYTES: Final = MOST_REFERENCES * 8 * 1024
# A store far away answers each call late.
_CALLS_AT_ONCE: Final = 8
_T = TypeVar("_T")


class WorkFolder:
    """The files of extractions on workers.

    Args:
        location: a folder, or `s3://bucket/prefix`; see `storage.object_store.open_object_store`.

    All methods raise `StoreUnavailableError` where the store cannot be used.

    Raises:
        LaunchError: it cannot be opened.
    """

    def __init__(self, location: str | Path) -> None:
        self._store = open_object_store(location)
        self._folder = None if is_object_url(location) else Path(location).absolute()

    def __str__(self) -> str:
        return str(self._store)

    def write_job(self, job: ShardJob, shards: Sequence[list[Reference]]) -> None:
        """Write a job and its shards; the job itself last, so that it is wanted only once it is complete."""
        self.write_again(job, dict(enumerate(shards)))

    def is_wanted(self, job: str) -> bool:
        """Whether a job's results are still asked for."""
        return self._store.facts(_job(job)) is not None

    def read_job(self, job: str) -> ShardJob | None:
        """A job; None if it is not wanted.

        Raises:
            ValueError: its file is damaged.
        """
        content = self._store.get(_job(job), most_bytes=_MOST_JOB_BYTES)
        return None if content is None else parse_job(content)

    def read_shard(self, job: str, shard: int) -> list[Reference] | None:
        """The references of a shard; None if there is no such shard.

        Raises:
            ValueError: its file is damaged.
        """
        content = self._store.get(_shard(job, shard), most_bytes=_MOST_SHARD_BYTES)
        return None if content is None else parse_shard(content, job, shard)

    def write_again(self, job: ShardJob, shards: Mapping[int, list[Reference]]) -> None:
        """Write some shards of a job again, whose files may be damaged or lost."""
        written = ((_shard(job.job, number), render_shard(job.job, number, rows)) for number, rows in shards.items())
        _for_each(lambda file: self._store.put(*file), written)
        self._store.put(_job(job.job), render_job(job))

    def has_result(self, job: str, shard: int) -> bool:
        """Whether a shard is done."""
        return self._store.facts(_result(job, shard)) is not None

    def write_result(self, job: str, shard: int, result: ShardResult) -> bool:
        """Write what came of a shard, unless another worker has done so; whether this one was the first."""
        try:
            self._store.put_new(_result(job, shard), render_result(job, shard, result))
        except ObjectTakenError:
            return False
        return True

    def results(self, job: str) -> set[int]:
        """The shards that are done."""
        names = (name.rpartition("/")[2] for name in self._store.names(f"{job}/results"))
        return {int(name) for name in names if name.isascii() and name.isdigit()}

    def read_result(self, job: str, shard: int, model: str, references: int) -> ShardResult | None:
        """What came of a shard; None if there is no result.

        Raises:
            ValueError: its file is damaged, or of something else.
        """
        content = self._store.get(_result(job, shard), most_bytes=MOST_RESULT_BYTES)
        return None if content is None else parse_result(content, job, shard, model, references)

    def remove_result(self, job: str, shard: int) -> None:
        """Remove the result of a shard that has to be embedded again."""
        self._store.delete(_result(job, shard))

    def withdraw(self, job: str) -> None:
        """Have workers drop what they have of a job; what they have done stays."""
        self._store.delete(_job(job))

    def remove(self, job: str) -> None:
        """Remove everything of a job."""
        self.withdraw(job)
        _for_each(self._store.delete, self._store.names(_checked(job)))
        if self._folder is not None:
            for folder in ("shards", "results", "."):
                # One that is not empty gets a last result just now; `sweep` finds it.
                with suppress(OSError):
                    (self._folder / job / folder).resolve().rmdir()

    def sweep(self) -> None:
        """Remove results that a worker wrote while their job was removed."""
        files: dict[str, list[str]] = {}
        for name in self._store.names():
            job, _, _ = name.partition("/")
            if is_job(job):
                files.setdefault(job, []).append(name)
        left = [name for names in files.values() if all("/results/" in name for name in names) for name in names]
        _for_each(self._store.delete, left)


def _for_each(call: Callable[[_T], object], arguments: Iterable[_T]) -> None:
    """Make some calls at once, without holding all their arguments."""
    with ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="work folder") as pool:
        waiting: deque[Future[object]] = deque()
        for argument in arguments:
            waiting.append(pool.submit(call, argument))
            if len(waiting) >= 2 * _CALLS_AT_ONCE:
                waiting.popleft().result()
        for future in waiting:
            future.result()


def _job(job: str) -> str:
    return f"{_checked(job)}/job.json"


def _shard(job: str, shard: int) -> str:
    return f"{_checked(job)}/shards/{shard:06d}"


def _result(job: str, shard: int) -> str:
    return f"{_checked(job)}/results/{shard:06d}"


def _checked(job: str) -> str:
    if not is_job(job):
        raise StoreUnavailableError(f"{job!r:.60} is no name of a job; nothing was read or written")
    return job
