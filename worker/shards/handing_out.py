"""Has the pictures of a catalogue embedded by workers, and takes in what they have embedded."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import redis

from contracts.errors import EmbeddingsError, LookalikeError, StoreUnavailableError
from contracts.items import Item
from contracts.shard_message import ShardMessage
from model.folder_update import KeptEmbeddings
from model.picture_reading import ReadPicture, SeenPicture
from model.seen_objects import unchanged_objects
from model.shards.plan import SHARD_REFERENCES, Reference, ShardJob, shards_of
from model.shards.result import ShardResult
from model.shards.work_folder import WorkFolder
from storage.beneath import open_beneath
from storage.object_root import ObjectRoot
from worker.shards.pace import Pace, Quiet
from worker.shards.queue import ShardQueue
from worker.shards.unfinished import UnfinishedJob, UnfinishedJobs, remove, take_over
from worker.state_log import describe

_MOST_TRIES: Final = 10
# Of the items, to find a picture that is there.
_WITNESSES: Final = 20


class WorkersEmbed:
    """Hands out a catalogue in shards, and gives what became of each picture: see `model.folder_update.Pictures`.

    As a context manager it ends its job: with all files if the block ends well, else only so that workers stop, and
    what they have done stays for the next run.

    Args:
        items: of the catalogue.
        root: of their pictures: a resolved folder, under the same path on all workers; or objects, as they were listed.
        follow_links: whether links may lead out of it.
        folder: of the embeddings, where unfinished jobs are noted.
        model: version of the network.
        work: where shards and results are.
        queue: of that model's shards.
        say: tells people what is going on.
        pace: how often is looked.
        size: references in a shard.
    """

    def __init__(
        self,
        items: Sequence[Item],
        root: Path | ObjectRoot,
        *,
        follow_links: bool,
        folder: Path,
        model: str,
        work: WorkFolder,
        queue: ShardQueue,
        say: Callable[[str], object],
        pace: Pace | None = None,
        size: int = SHARD_REFERENCES,
    ) -> None:
        self._items = items
        self._root, self._follow_links = root, follow_links
        self._folder = folder
        self._model = model
        self._work, self._queue = work, queue
        self._say, self._said = say, ""
        self._pace = pace or Pace()
        self._size = size
        self._job: ShardJob | None = None
        # The numbers of the items that are handed out, shard by shard.
        self._numbers: Sequence[int] = []
        self._shards: list[list[Reference]] = []
        self._tries: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                remove(UnfinishedJobs(self._folder))
                self._work.sweep()
            elif self._job is not None:
                self._work.withdraw(self._job.job)
        except LookalikeError as problem:
            self._say(f"files of this job are left in the work folder; the next run removes them: {problem}")

    def __call__(self, kept: KeptEmbeddings) -> Iterator[tuple[int, ReadPicture]]:
        """Hand out all pictures, and give each once its shard is done.

        Raises:
            EmbeddingsError: a worker refuses the job, or shards never come back.
            StoreUnavailableError: the job cannot be written.
        """
        unfinished = UnfinishedJobs(self._folder)
        keys: dict[SeenPicture, bytes] = {(item.image, item.crop): key for item, key in kept.rows}
        keys.update(take_over(unfinished, self._model, kept, self._say))
        unchanged = self._unchanged(kept)
        yield from unchanged.items()
        if len(unchanged) == len(self._items):
            return
        job = self.plan([n for n in range(len(self._items)) if n not in unchanged], keys, unfinished)
        self._say(
            f"{len(self._numbers):,} pictures in {job.shards:,} shards are handed out to workers of {self._model}, "
            f"by {self._work}"
        )
        missing = set(range(job.shards))
        self.publish(job, missing)
        quiet = Quiet(self._pace)
        while missing:
            arrived = 0
            for shard in self._arrived(job, missing):
                result = self._result(job, shard, kept)
                if result is not None:
                    arrived += 1
                    missing.discard(shard)
                    yield from self._pictures(shard, result)
            if arrived:
                quiet = Quiet(self._pace)
            elif quiet.is_time_to_tend():
                self._tend(job, missing, quiet)
            if missing:
                quiet.wait()

    def plan(self, numbers: Sequence[int], keys: Mapping[SeenPicture, bytes], unfinished: UnfinishedJobs) -> ShardJob:
        """Write the job and its shards.

        Args:
            numbers: of the items whose pictures have to be read.
            keys: of pictures that need no embedding unless they have changed.
            unfinished: gets the job before anything of it is written.
        """
        self._numbers = numbers
        objects = self._root.objects if isinstance(self._root, ObjectRoot) else {}
        self._shards = shards_of([self._items[number] for number in numbers], keys, objects, self._size)
        job = ShardJob(
            secrets.token_hex(16),
            self._model,
            str(self._root),
            self._follow_links,
            len(self._shards),
            self._witness(),
        )
        unfinished.add(UnfinishedJob(str(self._work), job.job, self._model))
        self._job = job
        self._work.write_job(job, self._shards)
        return job

    def publish(self, job: ShardJob, shards: Iterable[int]) -> None:
        """Put shards into the queue, as soon as there is a Redis to take them."""
        messages = [ShardMessage(job.job, shard) for shard in sorted(shards)]
        while True:
            try:
                self._queue.publish(messages)
            except redis.RedisError as error:
                self._trouble(f"{describe(error)}; waiting for it")
                time.sleep(self._pace.look_most)
            else:
                self._well()
                return

    def _unchanged(self, kept: KeptEmbeddings) -> dict[int, ReadPicture]:
        """The pictures of which the object store says that they are as they were, by the numbers of their items."""
        if not isinstance(self._root, ObjectRoot):
            return {}
        keys = unchanged_objects(self._folder, self._root, kept.rows)
        found = ((number, item, keys.get((item.image, item.crop))) for number, item in enumerate(self._items))
        return {number: ReadPicture(item, key) for number, item, key in found if key is not None and key in kept.known}

    def _witness(self) -> str | None:
        if isinstance(self._root, ObjectRoot):
            return None
        also = (Path(self._root.anchor),) if self._follow_links else ()
        for item in islice(self._items, _WITNESSES):
            with suppress(OSError, ValueError):
                open_beneath(self._root, item.image, also=also).close()
                return item.image
        return None

    def _arrived(self, job: ShardJob, missing: set[int]) -> list[int]:
        try:
            return sorted(self._work.results(job.job) & missing)
        except StoreUnavailableError as error:
            self._trouble(str(error))
            return []

    def _result(self, job: ShardJob, shard: int, kept: KeptEmbeddings) -> ShardResult | None:
        try:
            result = self._work.read_result(job.job, shard, self._model, len(self._shards[shard]))
            if result is None:
                return None
            if result.refusal is not None:
                raise EmbeddingsError(f"a worker refuses this extraction: {result.refusal}")
            self._keep(result, kept)
        except StoreUnavailableError as error:
            self._trouble(str(error))
            return None
        except ValueError as error:
            self._say(f"the result of shard {shard} cannot be used ({error}); it is embedded again")
            with suppress(StoreUnavailableError):
                self._work.remove_result(job.job, shard)
            self._hand_out_again(job, {shard})
            return None
        self._well()
        return result

    def _keep(self, result: ShardResult, kept: KeptEmbeddings) -> None:
        embedded = [key.tobytes() for key in result.embedded_keys]
        here = set(embedded)
        if any(key not in here and key not in kept.known for key in map(bytes, result.keys) if any(key)):
            raise ValueError("it lacks embeddings")
        # Two shards may hold the same picture.
        new = [row for row, key in enumerate(embedded) if key not in kept.known]
        kept.add([embedded[row] for row in new], result.embeddings[np.array(new, np.int64)])

    def _pictures(self, shard: int, result: ShardResult) -> Iterator[tuple[int, ReadPicture]]:
        for row, key in enumerate(result.keys):
            number = self._numbers[shard * self._size + row]
            code, detail = result.errors.get(row, (None, None))
            known = key.tobytes() if code is None else None
            yield number, ReadPicture(self._items[number], known, code=code, detail=detail)

    def _tend(self, job: ShardJob, missing: set[int], quiet: Quiet) -> None:
        """Look why no results come: Redis may be away, there may be no worker, or messages may be lost."""
        try:
            state = self._queue.state()
        except redis.RedisError as error:
            self._trouble(f"{describe(error)}; waiting for it")
            quiet.empty_since = None
            return
        if state.waiting or state.under_way:
            quiet.empty_since = None
            if state.under_way or not quiet.is_long():
                self._well()
            else:
                self._trouble(
                    f"no worker of {self._model} takes shards; start some with `lookalike extract-worker` (they need "
                    "the same REDIS_URL and network)"
                )
        elif quiet.is_lost():
            self._hand_out_again(job, missing)
            quiet.empty_since = None

    def _hand_out_again(self, job: ShardJob, shards: set[int]) -> None:
        for shard in shards:
            self._tries[shard] = self._tries.get(shard, 1) + 1
            if self._tries[shard] > _MOST_TRIES:
                raise EmbeddingsError(
                    f"shard {shard} was handed out {_MOST_TRIES} times and never came back: the workers' logs say why; "
                    f"check that their LOOKALIKE_EXTRACT_SHARED is the same folder as {self._work}"
                )
        with suppress(StoreUnavailableError):
            self._work.write_again(job, {shard: self._shards[shard] for shard in shards})
        self.publish(job, shards)

    def _trouble(self, text: str) -> None:
        """Say what holds the work up, once."""
        if text != self._said:
            self._said = text
            self._say(text)

    def _well(self) -> None:
        if self._said:
            self._said = ""
            self._say("the work goes on")
