"""Jobs that an extraction has handed out and not finished, noted in its folder of embeddings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from contracts.errors import LookalikeError
from contracts.shard_message import is_job
from model.folder_update import KeptEmbeddings
from model.picture_reading import SeenPicture
from model.shards.work_folder import WorkFolder
from storage.durable_files import replace_file
from storage.sealed_json import parse_sealed, render_sealed
from storage.small_files import read_small

_FILE: Final = "workers.json"
_MOST_BYTES: Final = 1024**2


@dataclass(frozen=True, slots=True)
class UnfinishedJob:
    """A job whose files may still be there.

    Attributes:
        shared: its work folder.
        job: its name.
        model: version of its network.
    """

    shared: str
    job: str
    model: str


class UnfinishedJobs:
    """The note of an extraction about its jobs; a run that is killed leaves it for the next.

    Args:
        folder: of the embeddings.

    Attributes:
        jobs: in the order of their beginning.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self.jobs = self._read()

    def add(self, job: UnfinishedJob) -> None:
        """Note a job before anything of it is written.

        Raises:
            OSError: the disk is full.
        """
        self.jobs.append(job)
        replace_file(self._path, render_sealed({"jobs": [[one.shared, one.job, one.model] for one in self.jobs]}))

    def forget(self) -> None:
        """Note that all files of all jobs are removed."""
        self.jobs = []
        self._path.unlink(missing_ok=True)

    def _read(self) -> list[UnfinishedJob]:
        try:
            rows = parse_sealed(read_small(self._path, most_bytes=_MOST_BYTES))["jobs"]
            jobs = [UnfinishedJob(*row) for row in rows] if isinstance(rows, list) else []
        except (OSError, ValueError, TypeError, KeyError):
            # Without it, some pictures are embedded again.
            return []
        return [one for one in jobs if is_job(str(one.job)) and isinstance(one.shared, str)]


def take_over(
    unfinished: UnfinishedJobs, model: str, kept: KeptEmbeddings, say: Callable[[str], object]
) -> dict[SeenPicture, bytes]:
    """Keep what workers have embedded for earlier runs that were killed or stopped, and have them stop.

    Args:
        unfinished: jobs of those runs.
        model: version of the network; others' results are of no use.
        kept: gets the embeddings.
        say: tells people what is going on.

    Returns:
        Keys of the pictures: workers embed these only if they have changed since.
    """
    keys: dict[SeenPicture, bytes] = {}
    for job in unfinished.jobs:
        try:
            work = WorkFolder(job.shared)
            work.withdraw(job.job)
            if job.model == model:
                _take_results(work, job, kept, keys)
        except LookalikeError as error:
            say(f"what workers have embedded for an earlier run is not used: {error}")
    return keys


def remove(jobs: UnfinishedJobs) -> None:
    """Remove the files of all jobs.

    Raises:
        StoreUnavailableError, LaunchError: some cannot be removed; they stay noted.
    """
    for job in jobs.jobs:
        WorkFolder(job.shared).remove(job.job)
    jobs.forget()


def _take_results(work: WorkFolder, job: UnfinishedJob, kept: KeptEmbeddings, keys: dict[SeenPicture, bytes]) -> None:
    for shard in sorted(work.results(job.job)):
        try:
            references = work.read_shard(job.job, shard)
            result = None if references is None else work.read_result(job.job, shard, job.model, len(references))
        except ValueError:
            continue
        if references is None or result is None or result.refusal is not None:
            continue
        embedded = [key.tobytes() for key in result.embedded_keys]
        new = [row for row, key in enumerate(embedded) if key not in kept.known]
        kept.recover([embedded[row] for row in new], result.embeddings[np.array(new, np.int64)])
        for reference, key in zip(references, result.keys, strict=True):
            if key.any() and key.tobytes() in kept.known:
                keys[reference.image, reference.crop] = key.tobytes()
