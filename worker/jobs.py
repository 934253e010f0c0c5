"""One embed job, from its message to its reply."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from contracts.box import Box
from contracts.embedding_engine import EmbeddingEngine
from contracts.embedding_job import (
    ATTEMPTS_TTL_S,
    MAX_ATTEMPTS,
    REPLY_LIST_TTL_S,
    RESULT_TTL_S,
    EmbedJob,
    attempts_key,
    photo_key,
    result_key,
)
from contracts.embedding_reply import Embedded, Rejected, Reply, ReplyCode
from contracts.errors import PictureRejected
from pictures.decoding import DecodedPicture
from worker.batching import Batcher, EngineFailedError

logger = logging.getLogger(__name__)

Decode = Callable[[bytes, Box | None], DecodedPicture]


@dataclass(frozen=True, slots=True)
class _Picked:
    """A job's state in Redis: its reply if it is answered, its picture, and the number of this attempt."""

    answer: bytes | None
    picture: bytes | None
    attempt: int


class EmbedJobs:
    """Runs embed jobs; one instance per process, called from many threads at once.

    A job may arrive twice: its message is redelivered when a worker dies or loses Redis, and the API
    resubmits it after an outage. So an existing reply is looked up before anything is computed, and a
    job that is running here is not started again.

    A picture that kills the process is recognised by its number of attempts. The first attempt runs in
    a batch with others. Later ones run alone, so that only the count of the picture at fault keeps
    rising. The third is refused.

    Args:
        connection: Redis, shared by the threads.
        engine: used for preprocessing; embeddings come from the batcher.
        batcher: already started.
        decode: from bytes and box to pixels.
    """

    def __init__(self, connection: "redis.Redis", engine: EmbeddingEngine, batcher: Batcher, decode: Decode) -> None:
        self._redis = connection
        self._engine = engine
        self._batcher = batcher
        self._decode = decode
        self._running: set[str] = set()
        self._running_lock = threading.Lock()
        self._alone = threading.Lock()

    def run(self, job: EmbedJob) -> None:
        """Answer a job, or drop it if nobody waits for it any more.

        Raises:
            redis.RedisError: Redis cannot be reached; the job must be delivered again.
        """
        with self._claimed(job.job_id) as mine:
            if not mine:
                logger.info("job %s was delivered again while it was running here; dropped", job.job_id)
                return
            picked = self._pick(job)
            if picked.answer is not None:
                self._send(job, picked.answer)
            elif picked.picture is None:
                logger.info("job %s has passed its deadline, its picture has expired; dropped", job.job_id)
                self._redis.delete(attempts_key(job.job_id))
            elif picked.attempt == 1:
                self._send(job, self._answer(job, picked.picture, alone=False).to_bytes())
            else:
                self._run_again(job, picked.picture)

    @contextmanager
    def _claimed(self, job_id: str) -> Iterator[bool]:
        with self._running_lock:
            mine = job_id not in self._running
            self._running.add(job_id)
        try:
            yield mine
        finally:
            if mine:
                with self._running_lock:
                    self._running.discard(job_id)

    def _pick(self, job: EmbedJob) -> _Picked:
        attempts = attempts_key(job.job_id)
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.get(result_key(job.job_id))
            pipeline.get(photo_key(job.job_id))
            pipeline.incr(attempts)
            pipeline.expire(attempts, ATTEMPTS_TTL_S)
            answer, picture, attempt, _ = pipeline.execute()
        return _Picked(answer, picture, attempt)

    def _run_again(self, job: EmbedJob, picture: bytes) -> None:
        # The attempt counts only when this job's turn comes: a job that waits behind one that kills the
        # process must not be charged for that crash.
        attempts = attempts_key(job.job_id)
        self._redis.decr(attempts)
        with self._alone:
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.incr(attempts)
                pipeline.expire(attempts, ATTEMPTS_TTL_S)
                pipeline.exists(photo_key(job.job_id))
                attempt, _, wanted = pipeline.execute()
            if not wanted:
                self._redis.delete(attempts)
                return
            if attempt >= MAX_ATTEMPTS:
                logger.error("job %s was started %d times and never finished; refused", job.job_id, attempt - 1)
                reply: Reply = self._rejected(
                    job, "image_unreadable", "this picture cannot be processed; save it again and resend"
                )
            else:
                logger.warning("job %s is started again (attempt %d), this time alone", job.job_id, attempt)
                reply = self._answer(job, picture, alone=True)
            self._send(job, reply.to_bytes())

    def _answer(self, job: EmbedJob, picture: bytes, *, alone: bool) -> Reply:
        try:
            started = time.perf_counter()
            decoded = self._decode(picture, job.box)
            tensor = self._engine.preprocess(decoded.pixels)
            decode_ms = (time.perf_counter() - started) * 1000
            embedded = self._batcher.embed(tensor, alone=alone)
        except PictureRejected as error:
            return self._rejected(job, error.code, error.detail)
        except EngineFailedError:
            return self._rejected(job, "internal_error", "the network failed on this picture; see the worker's log")
        except Exception:  # the edge of the process: every job gets a reply, whatever its picture causes
            logger.exception("job %s failed", job.job_id)
            return self._rejected(job, "internal_error", "the worker failed on this picture; see the worker's log")
        return Embedded(
            job_id=job.job_id,
            model_version=self._engine.identity.version,
            embedding=embedded.embedding,
            width=decoded.width,
            height=decoded.height,
            decode_ms=decode_ms,
            embed_ms=embedded.embed_ms,
            category=embedded.category,
        )

    def _rejected(self, job: EmbedJob, code: ReplyCode, detail: str) -> Rejected:
        return Rejected(job.job_id, self._engine.identity.version, code, detail)

    def _send(self, job: EmbedJob, reply: bytes) -> None:
        with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.set(result_key(job.job_id), reply, ex=RESULT_TTL_S)
            pipeline.rpush(job.reply_to, reply)
            pipeline.expire(job.reply_to, REPLY_LIST_TTL_S)
            pipeline.delete(photo_key(job.job_id), attempts_key(job.job_id))
            pipeline.execute()
