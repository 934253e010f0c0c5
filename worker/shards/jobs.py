"""One shard, from its message to its result."""

import logging
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import redis

from contracts.errors import EmbeddingsError, LookalikeError, StoreUnavailableError
from contracts.shard_message import SHARD_ATTEMPTS_TTL_S, ShardMessage, extract_queue, under_way_keys
from model.shards.allowed_roots import AllowedRoots
from model.shards.plan import Reference, ShardJob
from model.shards.result import ShardResult, all_failed, refused
from model.shards.work_folder import WorkFolder
from storage.object_root import ObjectRoot
from worker.shards.embedding import ShardEmbedder
from worker.shards.lease import Lease

logger = logging.getLogger(__name__)

_MOST_ATTEMPTS: Final = 3
# A picture that was under way when so many attempts ended is taken for their reason, and left out.
_BLAMED_AFTER: Final = 2
_MOST_BLAMED: Final = 3
_TRIES_TO_WRITE: Final = 5
_PAUSE_S: Final = 1.0


class ShardReleasedError(LookalikeError):
    """The worker stops; the shard must be delivered again."""


class ShardUnwantedError(LookalikeError):
    """The job was withdrawn."""


class ShardJobs:
    """Embeds shards; one instance per process, which takes one shard at a time.

    A shard may arrive twice: when a worker dies, when Redis was away, or when whoever waits for it has missed it. So
    one that has a result is passed over, and only the first result is kept.

    A shard that kills the process is recognised by its number of attempts. The first embeds it in batches. Later ones
    take each picture alone and note which, so that the one at fault is found and left out.

    Args:
        connection: Redis.
        work: where shards and results are.
        roots: which pictures may be read.
        embedder: embeds.
        stopping: is set when the worker is to end; then its shard is given back.
        lease_s, stuck_s: see `Lease`.
    """

    def __init__(
        self,
        connection: "redis.Redis",
        work: WorkFolder,
        roots: AllowedRoots,
        embedder: ShardEmbedder,
        stopping: threading.Event,
        *,
        lease_s: float,
        stuck_s: float,
    ) -> None:
        self._redis = connection
        self._work = work
        self._roots = roots
        self._embedder = embedder
        self._stopping = stopping
        self._lease_s, self._stuck_s = lease_s, stuck_s
        self._index_key = under_way_keys(extract_queue(embedder.model))["unacked_index_key"]

    def run(self, message: ShardMessage, delivery_tag: str) -> None:
        """Embed a shard and write its result, or drop it if it has one or is not wanted any more.

        Raises:
            redis.RedisError, StoreUnavailableError: the shard must be delivered again.
            ShardReleasedError: so it must, because the worker stops.
        """
        if self._stopping.is_set():
            raise ShardReleasedError("the worker stops")
        try:
            job = self._work.read_job(message.job)
            references = None if job is None else self._work.read_shard(message.job, message.shard)
        except ValueError as error:
            logger.warning("shard %d of job %s cannot be used: %s; dropped", message.shard, message.job, error)
            return
        if job is None or references is None:
            logger.info(
                "shard %d of job %s is not in %s: the job has ended, or its work folder is another one; dropped",
                message.shard,
                message.job,
                self._work,
            )
            return
        if job.model != self._embedder.model or self._work.has_result(message.job, message.shard):
            return
        started = time.monotonic()
        with Lease(
            self._redis,
            self._index_key,
            delivery_tag,
            self._work,
            message.job,
            lease_s=self._lease_s,
            stuck_s=self._stuck_s,
        ) as lease:
            result = self._attempt(message, job, references, lease)
            if result is not None:
                self._write(message, result, lease)
        with suppress(redis.RedisError):
            self._redis.delete(message.attempts_key, message.rows_key)
        if result is None:
            return
        seconds = time.monotonic() - started
        logger.info(
            "shard %d of job %s: %d pictures, %d embedded, %d cannot be used, in %.1f s",
            message.shard,
            message.job,
            len(references),
            len(result.embeddings),
            len(result.errors),
            seconds,
        )

    def _attempt(
        self, message: ShardMessage, job: ShardJob, references: Sequence[Reference], lease: Lease
    ) -> ShardResult | None:
        try:
            root = self._roots.open(job, references)
        except EmbeddingsError as error:
            return self._refused(error)
        links_to = self._roots.folders if job.follow_links else ()
        attempt, blamed = self._begin(message)
        watch = _Watch(self._redis, message, lease, self._stopping)
        try:
            return self._embed(message, attempt, blamed, references, root, links_to, watch)
        except EmbeddingsError as error:
            return self._refused(error)
        except ShardUnwantedError:
            logger.info("job %s was withdrawn; its shard %d is dropped", message.job, message.shard)
            return None
        except (LookalikeError, redis.RedisError):
            # Nothing died here, so this attempt must not count against the shard.
            with suppress(redis.RedisError):
                self._redis.decr(message.attempts_key)
                watch.forget()
            raise

    def _refused(self, error: EmbeddingsError) -> ShardResult:
        logger.error("%s", error)
        return refused(self._embedder.model, f"{socket.gethostname()}: {error}")

    def _embed(
        self,
        message: ShardMessage,
        attempt: int,
        blamed: frozenset[int],
        references: Sequence[Reference],
        root: Path | ObjectRoot,
        links_to: Sequence[Path],
        watch: "_Watch",
    ) -> ShardResult:
        if attempt == 1:
            return self._embedder.embed(references, root, links_to, watch)
        if attempt > _MOST_ATTEMPTS + _BLAMED_AFTER * len(blamed) or len(blamed) > _MOST_BLAMED:
            logger.error(
                "shard %d of job %s was started %d times and never finished; it is given up",
                message.shard,
                message.job,
                attempt - 1,
            )
            detail = f"the shard of this picture ended {attempt - 1} workers and was given up; see their logs"
            return all_failed(self._embedder.model, len(references), "image_unreadable", detail)
        logger.warning(
            "shard %d of job %s is started again (attempt %d), each picture alone",
            message.shard,
            message.job,
            attempt,
        )
        return self._embedder.embed_alone(references, root, links_to, watch, skip=blamed)

    def _begin(self, message: ShardMessage) -> tuple[int, frozenset[int]]:
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.incr(message.attempts_key)
            pipeline.expire(message.attempts_key, SHARD_ATTEMPTS_TTL_S)
            pipeline.hgetall(message.rows_key)
            attempt, _, rows = pipeline.execute()
        blamed = frozenset(int(row) for row, times in rows.items() if int(times) >= _BLAMED_AFTER)
        return int(attempt), blamed

    def _write(self, message: ShardMessage, result: ShardResult, lease: Lease) -> None:
        for left in reversed(range(_TRIES_TO_WRITE)):
            try:
                # Written for a job that has ended, it would lie there until the next one.
                if self._work.is_wanted(message.job):
                    self._work.write_result(message.job, message.shard, result)
            except StoreUnavailableError as error:
                if not left:
                    with suppress(redis.RedisError):
                        self._redis.decr(message.attempts_key)
                    raise
                logger.warning("%s", error)
                self._stopping.wait(_PAUSE_S)
                lease.note_picture()
            else:
                return


class _Watch:
    """Follows a shard: keeps its lease, and notes in Redis which picture is under way."""

    def __init__(
        self, connection: "redis.Redis", message: ShardMessage, lease: Lease, stopping: threading.Event
    ) -> None:
        self._redis = connection
        self._message = message
        self._lease = lease
        self._stopping = stopping
        self._row: int | None = None

    def next_picture(self) -> None:
        self._lease.note_picture()
        if self._lease.unwanted:
            raise ShardUnwantedError("the job was withdrawn")
        if self._stopping.is_set():
            raise ShardReleasedError("the worker stops")

    def about_to_try(self, row: int) -> None:
        key = self._message.rows_key
        with self._redis.pipeline(transaction=True) as pipeline:
            if self._row is not None:
                pipeline.hdel(key, str(self._row))
            pipeline.hincrby(key, str(row), 1)
            pipeline.expire(key, SHARD_ATTEMPTS_TTL_S)
            pipeline.execute()
        self._row = row

    def forget(self) -> None:
        """The picture under way has done nothing wrong."""
        if self._row is not None:
            self._redis.hincrby(self._message.rows_key, str(self._row), -1)
