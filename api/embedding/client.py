"""The embedding client: submits pictures to the workers and gets their embeddings, on the event loop."""

import asyncio
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import redis.asyncio
from redis.exceptions import RedisError

from api.background import BackgroundTask, Errands
from api.embedding.abandoned_photos import AbandonedPhotos
from api.embedding.admission import Admission, AdmissionLimits
from api.embedding.admitted import Admitted, Deadline
from api.embedding.connections import connect_async
from api.embedding.embedder import QueueHealth
from api.embedding.monitor import Monitor
from api.embedding.probe import probe_picture
from api.embedding.proof import PROBE_TIMEOUT_S, Proof
from api.embedding.publishing import Publisher, Submission
from api.embedding.remembered_photos import RememberedPhotos, RememberLimits
from api.embedding.replies import ReplyConsumer
from api.http.problems import ServiceProblem
from api.http.request_context import current_request_id
from api.metrics import Metrics
from api.paced_log import PacedLog
from contracts.box import Box
from contracts.embedding_job import EmbedJob, reply_list_key, result_key
from contracts.embedding_reply import MAX_REPLY_BYTES, Embedded, Reply, parse_reply
from contracts.errors import PictureRejected
from tracing.spans import current_trace, span

logger = logging.getLogger(__name__)

# Reconnections come in bursts; submitting again for each would multiply the jobs.
_RESUBMIT_PAUSE_S = 1.0
_ASIDE_TIMEOUT_S = 1.0


@dataclass(slots=True)
class _Pending:
    submission: Submission
    answer: "asyncio.Future[Reply]"
    published: bool = False
    submitted_again_at: float = float("-inf")


class EmbeddingClient:
    """The real `Embedder`: jobs through Redis to the workers of one model version.

    Nothing is lost when Redis or a worker restarts: for each waiting job the client looks for a reply
    and otherwise submits the job again. Workers compute a job only once. Deadlines are not extended.

    Args:
        redis_url: `redis://`, `rediss://` or `unix://`.
        model_version: of the index; only embeddings of this model are comparable with it.
        timeout_s: default of `embed`, seconds.
        limits: on the pictures that wait.
        probe_interval_s: after this time without a reply, a small picture is embedded as a probe, seconds.
        remember: photos that were answered; None remembers none.
        metrics: of the process; None counts nothing.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        model_version: str,
        timeout_s: float = 10.0,
        limits: AdmissionLimits | None = None,
        probe_interval_s: float = 5.0,
        remember: RememberLimits | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._redis_url = redis_url
        self._version = model_version
        self._timeout_s = timeout_s
        self._probe_interval_s = probe_interval_s
        self._probe_picture = probe_picture()
        self._reply_to = reply_list_key(uuid.uuid4().hex)
        self._admission = Admission(limits or AdmissionLimits(), model_version, timeout_s=timeout_s)
        self._pending: dict[str, _Pending] = {}
        self._proof = Proof(probe_interval_s)
        self._publisher: Publisher
        self._monitor: Monitor
        self._replies: ReplyConsumer
        self._redis: redis.asyncio.Redis
        self._abandoned: AbandonedPhotos
        self._remember = remember
        self._remembered: RememberedPhotos | None = None
        self._metrics = metrics or Metrics()
        self._prober = BackgroundTask("embedding probe", self._probe_when_quiet, self._metrics)
        self._errands = Errands("embedding resubmission", self._metrics)
        self._dropped = PacedLog(logger)

    async def start(self) -> None:
        """Connect, check Redis once, start the consumer and the probe; an absent Redis is not an error."""
        self._publisher = Publisher(self._redis_url, self._version)
        self._monitor = Monitor(self._redis_url, self._version, self._recover, self._metrics)
        self._replies = ReplyConsumer(self._redis_url, self._reply_to, self._on_reply, self._recover, self._metrics)
        self._redis = connect_async(self._redis_url)
        self._abandoned = AbandonedPhotos(self._redis, self._monitor, self._errands)
        if self._remember is not None:
            self._remembered = RememberedPhotos(
                self._redis, self._version, self._remember, self._monitor, self._errands, self._metrics
            )
        self._replies.start()
        await self._monitor.start()
        if self._monitor.look.redis_problem is None:
            await self._publisher.warm_up()
        self._prober.start()

    async def stop(self) -> None:
        """End all tasks and connections; callers that still wait get `queue_unavailable`."""
        await self._prober.stop()
        await self._errands.stop()
        stopping = ServiceProblem("queue_unavailable", "the service is stopping; try again")
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(stopping)
        # Waiting callers wake first, and leave their keys for the monitor to delete.
        await asyncio.sleep(0)
        await self._replies.stop()
        self._monitor.forget_soon(self._reply_to)
        await self._monitor.stop()
        await self._publisher.close()
        await self._redis.aclose()

    async def embed(
        self, picture: bytes, *, box: Box | None = None, detect: bool = False, timeout_s: float | None = None
    ) -> Embedded:
        """The embedding of a picture, or of a box on it; see `Embedder.embed`."""
        with self._admit(len(picture), timeout_s, background=True) as admitted:
            return await admitted.embed(picture, box=box, detect=detect)

    def admit(self, upload_bytes: int) -> AbstractContextManager[Admitted]:
        """A place for a photo whose bytes are yet to be checked; see `Embedder.admit`."""
        return self._admit(upload_bytes, None, background=False)

    def check_room(self, upload_bytes: int) -> None:
        """Refuse a photo that `admit` would refuse now; see `Embedder.check_room`."""
        self._admission.check(upload_bytes, self._monitor.look)

    def health(self) -> QueueHealth:
        """The last known state of Redis and the workers; never waits."""
        look = self._monitor.look
        redis_problem = look.problem
        worker_problem = self._worker_problem()
        return QueueHealth(
            redis=redis_problem is None,
            worker=worker_problem is None,
            redis_detail=redis_problem or "answers",
            worker_detail=worker_problem or f"a picture went through {self._proof.quiet_s:.0f} s ago",
            memory=look.memory,
            pending_jobs=self._admission.jobs,
        )

    @contextmanager
    def _admit(self, upload_bytes: int, timeout_s: float | None, *, background: bool) -> Iterator[Admitted]:
        with self._admission.place(upload_bytes, self._monitor.look) as send:

            async def embed(picture: bytes, box: Box | None, detect: bool, deadline: Deadline) -> Embedded:
                send()
                job = self._job(box, background=background, detect=detect)
                with self._admission.counting():
                    return self._checked(await self._submit(picture, job, deadline))

            deadline = Deadline.after(self._timeout_s if timeout_s is None else timeout_s)
            yield Admitted(embed, deadline, None if background else self._remembered)

    def _job(self, box: Box | None, *, background: bool, detect: bool = False) -> EmbedJob:
        request_id = current_request_id.get()
        return EmbedJob(uuid.uuid4().hex, self._reply_to, box, request_id, background=background, detect=detect)

    async def _submit(self, picture: bytes, job: EmbedJob, deadline: Deadline) -> Reply:
        submission = Submission(job, picture, time.monotonic() + deadline.left_s())
        pending = self._pending[job.job_id] = _Pending(submission, asyncio.get_running_loop().create_future())
        try:
            with span("embed picture"):
                return await deadline.bound(self._publish_and_wait(pending))
        finally:
            del self._pending[job.job_id]
            if not pending.answer.done() or pending.answer.cancelled():
                submission.abandoned = True
                self._abandoned.add(job.job_id)
            elif pending.answer.exception() is None:
                # The caller has the reply, so the stored copy is no longer needed.
                self._monitor.forget_soon(result_key(job.job_id))

    async def _publish_and_wait(self, pending: _Pending) -> Reply:
        with span("send embed", "producer", self._publisher.described(pending.submission)):
            pending.submission.trace = current_trace()
            await self._publisher.publish(pending.submission)
        pending.published = True
        return await pending.answer

    def _checked(self, reply: Reply) -> Embedded:
        """The embedding of a reply, if it is of our model version; nothing else checks that.

        Raises:
            PictureRejected: the worker rejected the picture.
            ServiceProblem: `model_mismatch`, `internal_error` if the worker failed, or `queue_full` if it has too many
                large pictures.
        """
        if reply.model_version != self._version:
            raise ServiceProblem(
                "model_mismatch",
                f"the index was made by model {self._version}, a worker of model {reply.model_version} answered",
            )
        self._proof.answered()
        self._monitor.saw_worker()
        if isinstance(reply, Embedded):
            return reply
        if reply.code == "internal_error" or reply.code == "queue_full":
            raise ServiceProblem(reply.code, reply.detail)
        raise PictureRejected(reply.code, reply.detail)

    def _on_reply(self, data: bytes) -> None:
        """Hand a reply to who waits for it; whatever Redis holds, one bad reply costs no other."""
        try:
            self._deliver(parse_reply(data))
        except ValueError as error:
            self._metrics.observe_dropped_reply()
            self._dropped.warning(f"dropped a reply of {len(data):,} bytes: {error!s:.300}")
        except Exception:  # the edge of the process: what arrives is not ours
            self._metrics.observe_dropped_reply()
            self._dropped.warning(f"dropped a reply of {len(data):,} bytes", exc_info=True)

    def _deliver(self, reply: Reply) -> None:
        pending = self._pending.get(reply.job_id)
        if pending is None:
            # The caller has gone, or the job was delivered twice and this is the second reply.
            self._monitor.forget_soon(result_key(reply.job_id))
            return
        if not pending.answer.done():
            pending.answer.set_result(reply)

    async def _recover(self) -> None:
        """After an outage, fetch the replies that were lost in transit and submit the other jobs again."""
        waiting = [pending for pending in self._pending.values() if pending.published]
        if not waiting:
            return
        try:
            async with asyncio.timeout(_ASIDE_TIMEOUT_S):
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for pending in waiting:
                        # No more of it than can be a reply, whatever the key holds.
                        pipeline.getrange(result_key(pending.submission.job.job_id), 0, MAX_REPLY_BYTES)
                    answers = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            logger.info("Redis is unavailable again: %r", error)
            return
        for pending, answer in zip(waiting, answers, strict=True):
            if isinstance(answer, bytes) and answer:
                self._on_reply(answer)
            if not pending.answer.done() and time.monotonic() - pending.submitted_again_at > _RESUBMIT_PAUSE_S:
                pending.submitted_again_at = time.monotonic()
                self._errands.run(self._submit_again(pending.submission))

    async def _submit_again(self, submission: Submission) -> None:
        logger.info("submitting job %s again", submission.job.job_id)
        try:
            await self._publisher.publish(submission)
        except ServiceProblem as error:
            logger.warning("job %s could not be submitted again: %s", submission.job.job_id, error.detail)

    async def _probe_when_quiet(self) -> None:
        pause_s = min(1.0, self._probe_interval_s)
        while True:
            look = self._monitor.look
            if self._proof.is_due and look.worker and look.accepts_writes:
                await self._probe()
            await asyncio.sleep(pause_s)

    async def _probe(self) -> None:
        try:
            # Without admission: one small picture must get through, or fail, even at the limits. In the background,
            # because it is no sign that customers send photos.
            job, deadline = self._job(None, background=True), Deadline.after(PROBE_TIMEOUT_S)
            self._checked(await self._submit(self._probe_picture, job, deadline))
        except (ServiceProblem, PictureRejected) as error:
            self._proof.failed(error)

    def _worker_problem(self) -> str | None:
        for task in (self._replies, self._monitor, self._prober):
            if task.problem is not None:
                return task.problem
        try:
            self._admission.check_services(self._monitor.look)
        except ServiceProblem as problem:
            return problem.detail
        return self._proof.problem
