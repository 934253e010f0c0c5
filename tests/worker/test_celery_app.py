import pytest
from celery.exceptions import NotRegistered

from contracts.embedding_job import EMBED_TASK, queue_name
from launch.embedded_redis import EmbeddedRedis
from pictures.decoding_budget import DecodingBudget
from tests.worker.fake_engine import FakeEngine
from worker.batching import Batcher
from worker.celery_app import make_celery_app, register_embed_task
from worker.connection import connect
from worker.ended_messages import EndedMessages
from worker.freed_memory import FreedMemory
from worker.jobs import EmbedJobs
from worker.metrics import WorkerMetrics
from worker.preparing import PicturePreparer
from worker.wanted_jobs import WantedJobs
from worker.watching import Watch


def test_embed_is_the_only_task_a_message_can_run() -> None:
    app = make_celery_app("redis://localhost:1/0", "fake-1", visibility_timeout_s=6)
    engine = FakeEngine()
    with connect("redis://localhost:1/0") as connection:
        budget = DecodingBudget(memory=1, threads=1, max_large=1)
        watch = Watch(WorkerMetrics(), "fake-1")
        jobs = EmbedJobs(
            connection,
            "fake-1",
            PicturePreparer(engine, budget, FreedMemory(), watch),
            Batcher(engine, 1),
            WantedJobs(connection),
            EndedMessages(),
            watch,
        )
        register_embed_task(app, jobs)
    assert list(app.tasks) == [EMBED_TASK]
    with pytest.raises(NotRegistered):
        _ = app.tasks["celery.map"]


def test_only_the_queue_of_its_own_model_is_known() -> None:
    app = make_celery_app("redis://localhost:1/0", "fake-1", visibility_timeout_s=6)
    assert list(app.amqp.queues) == [queue_name("fake-1")]
    with pytest.raises(KeyError):
        _ = app.amqp.queues[queue_name("fake-2")]


@pytest.mark.services
def test_what_kombu_is_told_reaches_its_connection() -> None:
    # An option that kombu does not know, it ignores without a word.
    with EmbeddedRedis() as server:
        app = make_celery_app(server.url, "fake-1", visibility_timeout_s=7)
        with app.connection_for_read() as connection:
            channel = connection.default_channel
            assert channel.visibility_timeout == 7
            assert channel.unacked_restore_interval == 1
            assert channel.unacked_restore_throttle == 1
            assert channel.unacked_mutex_expire == 3
            assert channel.socket_timeout == 5
            assert channel.health_check_interval == 5
