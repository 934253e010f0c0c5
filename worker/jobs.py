"""One embed job, from its message to its reply."""

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import redis
from redis.exceptions import ResponseError

from contracts.delivery import Delivery
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
from pictures.decoding import DecodingAbandonedError
from pictures.decoding_budget import NotWantedError, TooManyLargePicturesError
from worker.batching import Batcher
from worker.ended_messages import UNACKED_INDEX_KEY, UNACKED_KEY, EndedMessages
from worker.metrics import EMBEDDED, LATE
from worker.preparing import PicturePreparer
from worker.waiting_picture import EngineFailedError, NobodyWaitsError
from worker.wanted_jobs import WantedJob, WantedJobs
from worker.watching import Watch

logger = logging.getLogger(__name__)

_NOT_WANTED = (NotWantedError, DecodingAbandonedError, NobodyWaitsError)


@dataclass(frozen=True, slots=True)
class _Picked:
    """A job's state in Redis.

    Attributes:
        answer: its reply, if it is answered.
        picture: None if it is late.
        deadline: by `time.monotonic`.
        attempt: the number of this one.
    """

    answer: bytes | None
    picture: bytes | None
    deadline: float
    attempt: int


class EmbedJobs:
    """Runs embed jobs; one instance per process, called from many threads at once.

    A job may arrive twice: its message is redelivered when a worker dies or loses Redis, and the API
    resubmits it after an outage. So an existing reply is looked up before anything is computed, and a
    job that is running here is not started again.

    A picture that kills the process is recognised by its number of attempts. The first attempt runs in
    a batch with others. Later ones run alone, so that only the count of the picture at fault keeps
    rising, and without looking for garments. The third is refused.

    Args:
        connection: Redis, shared by the threads.
        model_version: of the batcher's engine.
        preparer: decodes and fits pictures.
        batcher: already started.
        wanted: tells which jobs somebody still waits for.
        ended: is told of each message that Redis has forgotten together with taking the reply.
        watch: is told of each job.
    """

    def __init__(
        self,
        connection: "redis.Redis",
        model_version: str,
        preparer: PicturePreparer,
        batcher: Batcher,
        wanted: WantedJobs,
        ended: EndedMessages,
        watch: Watch,
    ) -> None:
        self._redis = connection
        self._version = model_version
        self._preparer = preparer
        self._batcher = batcher
        self._wanted = wanted
        self._ended = ended
        self._watch = watch
        self._running: set[str] = set()
        self._running_lock = threading.Lock()
        self._alone = threading.Lock()

    def run(self, job: EmbedJob, delivery: Delivery) -> None:
        """Answer a job, or drop it if nobody waits for it any more.

        Args:
            job: the message.
            delivery: how it was sent.

        Raises:
            redis.RedisError: Redis cannot be reached or refuses a command; the job must be delivered again.
        """
        with self._watch.job(job, delivery), self._claimed(job.job_id) as mine:
            if not mine:
                logger.info("job %s was delivered again while it was running here; dropped", job.job_id)
                return
            try:
                self._run_claimed(job, delivery)
            except ResponseError:
                # Nothing died here, so this attempt must not count against the picture. Redis may refuse this too, but
                # then it refused to count.
                with suppress(redis.RedisError):
                    self._redis.delete(attempts_key(job.job_id))
                raise

    def _run_claimed(self, job: EmbedJob, delivery: Delivery) -> None:
        picked = self._pick(job)
        if picked.picture is not None and picked.attempt == 1:
            self._watch.taken(delivery, picked.deadline)
        if picked.answer is not None:
            self._send(job, picked.answer)
        elif picked.picture is None:
            logger.info("job %s has no picture any more: it is late, or its client has gone; dropped", job.job_id)
            self._watch.ended(LATE)
            self._redis.delete(attempts_key(job.job_id))
        elif picked.attempt == 1:
            self._reply(job, picked.picture, picked.deadline, alone=False)
        else:
            self._run_again(job, picked.picture, picked.deadline)

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
            pipeline.ttl(photo_key(job.job_id))
            pipeline.incr(attempts)
            pipeline.expire(attempts, ATTEMPTS_TTL_S)
            answer, picture, left_s, attempt, _ = pipeline.execute()
        # Negative: there is no such key, or it does not expire. Redis rounds to whole seconds; PTTL would not, but the
        # Redis users of existing installations may not call it.
        deadline = time.monotonic() + left_s + 0.5 if left_s >= 0 else math.inf
        return _Picked(answer, picture, deadline, attempt)

    def _run_again(self, job: EmbedJob, picture: bytes, deadline: float) -> None:
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
                reply = self._rejected(
                    job, "image_unreadable", "this picture cannot be processed; save it again and resend"
                )
                self._send(job, reply.to_bytes())
            else:
                logger.warning("job %s is started again (attempt %d), this time alone", job.job_id, attempt)
                self._reply(job, picture, deadline, alone=True)

    def _reply(self, job: EmbedJob, picture: bytes, deadline: float, *, alone: bool) -> None:
        try:
            with self._wanted.waiting(job.job_id, deadline) as wanted:
                reply = self._answer(job, picture, wanted, alone=alone)
        except _NOT_WANTED as error:
            logger.info(
                "job %s is late, or its client has gone, %s; dropped",
                job.job_id,
                "before it was embedded" if isinstance(error, NobodyWaitsError) else "before it was decoded",
            )
            self._watch.ended(LATE)
            self._redis.delete(attempts_key(job.job_id))
        else:
            self._send(job, reply.to_bytes())

    def _answer(self, job: EmbedJob, picture: bytes, wanted: WantedJob, *, alone: bool) -> Reply:
        try:
            # Alone, a picture is tried again that may have killed the process; the detector may be what it killed.
            prepared = self._preparer.prepare(picture, job, wanted, detect=job.detect and not alone)
            embedded = self._batcher.embed(
                prepared.tensor, alone=alone, background=job.background, is_wanted=wanted.is_wanted
            )
        except _NOT_WANTED:
            raise
        except TooManyLargePicturesError:
            return self._rejected(
                job,
                "queue_full",
                "the worker has as many large pictures as it can take; try again, or send a smaller one",
            )
        except PictureRejected as error:
            return self._rejected(job, error.code, error.detail)
        except EngineFailedError:
            return self._rejected(job, "internal_error", "the network failed on this picture; see the worker's log")
        except Exception:  # the edge of the process: every job gets a reply, whatever its picture causes
            logger.exception("job %s failed", job.job_id)
            return self._rejected(job, "internal_error", "the worker failed on this picture; see the worker's log")
        self._watch.ended(EMBEDDED)
        return Embedded(
            job_id=job.job_id,
            model_version=self._version,
            embedding=embedded.embedding,
            width=prepared.width,
            height=prepared.height,
            decode_ms=prepared.decode_ms,
            # Both forward passes: HTTP answers have one time for the networks.
            embed_ms=prepared.detect_ms + embedded.embed_ms,
            category=embedded.category,
            objects=prepared.objects,
            chosen_box=prepared.chosen_box,
        )

    def _rejected(self, job: EmbedJob, code: ReplyCode, detail: str) -> Rejected:
        self._watch.ended(code)
        logger.info("refused job %s of request %s: %s, %s", job.job_id, job.request_id or "unknown", code, detail)
        return Rejected(job.job_id, self._version, code, detail)

    def _send(self, job: EmbedJob, reply: bytes) -> None:
        with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.set(result_key(job.job_id), reply, ex=RESULT_TTL_S)
            pipeline.rpush(job.reply_to, reply)
            pipeline.expire(job.reply_to, REPLY_LIST_TTL_S)
            pipeline.delete(photo_key(job.job_id), attempts_key(job.job_id))
            # In the same transaction: an answered job is not delivered again, and its end costs no round trip.
            pipeline.zrem(UNACKED_INDEX_KEY, job.delivery_tag)
            pipeline.hdel(UNACKED_KEY, job.delivery_tag)
            pipeline.execute()
        self._ended.add(job.delivery_tag)
