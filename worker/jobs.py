"""One embed job, from its message to its reply."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from contracts.box import Box
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
from worker.engine import EmbeddingEngine

logger = logging.getLogger(__name__)

Decode = Callable[[bytes, Box | None], DecodedPicture]


@dataclass(frozen=True, slots=True)
class _Picked:
    """What Redis knows of a job: whether it is answered, its picture, and which attempt this is."""

    answer: bytes | None
    picture: bytes | None
    attempt: int


class EmbedJobs:
    """Runs embed jobs; one instance a process, called from many threads at once.

    A job may arrive twice: its message comes back when a worker dies or loses Redis, and the API
    submits again after an outage. So an answer is looked for before anything is computed, and a job
    that is running here is not begun again.

    A picture that kills the process is told by its attempts: the first runs in a batch with others;
    later ones run alone, so that only the killer's count goes on rising; the third is refused.

    Args:
        connection: Redis, shared by the threads.
        engine: preprocesses; its embeddings come through the batcher.
        batcher: started.
        decode: bytes and box to pixels.
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
        """Answer a job, or drop it when nobody waits for it any more.

        Raises:
            redis.RedisError: Redis cannot be reached; the job must come again.
        """
        with self._claimed(job.job_id) as mine:
            if not mine:
                logger.info("job %s came twice while it was running here; dropped", job.job_id)
                return
            picked = self._pick(job)
            if picked.answer is not None:
                self._send(job, picked.answer)
            elif picked.picture is None:
                logger.info("job %s has no picture any more, so its deadline has passed; dropped", job.job_id)
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
        # The attempt counts only once this job's turn has come: one that waits behind a killer must
        # not be charged for the killer's crash.
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
                logger.error("job %s was begun %d times and never finished; refused", job.job_id, attempt - 1)
                reply: Reply = self._rejected(
                    job, "image_unreadable", "this picture cannot be processed; save it again and resend"
                )
            else:
                logger.warning("job %s is begun again (attempt %d), now alone", job.job_id, attempt)
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
            return self._rejected(
                job, "internal_error", "the network failed on this picture; the worker's log says how"
            )
        except Exception:  # the edge of the process: whatever a picture sets off, it is answered
            logger.exception("job %s failed", job.job_id)
            return self._rejected(job, "internal_error", "the worker failed on this picture; its log says how")
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
