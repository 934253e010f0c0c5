import json
from typing import Any

from celery import Celery
from kombu.entity import Queue

from api.embedding.task_message import task_message
from contracts.box import Box
from contracts.embedding_job import EMBED_TASK, EmbedJob, queue_name

_QUEUE = queue_name("fake-1")
_JOB = EmbedJob("0123456789abcdef" * 2, "reply:1", Box(0.25, 0.0, 1.0, 0.5), "request-1", background=True)


def test_a_message_is_what_celery_itself_sends() -> None:
    ours, celerys = json.loads(task_message(_JOB, _JOB.to_headers(), _QUEUE)), _sent_by_celery()
    # Celery names the process and its result backend's queue; a tag is of one message.
    for message in (ours, celerys):
        assert isinstance(message["headers"].pop("origin"), str)
        assert isinstance(message["properties"].pop("reply_to"), str)
        assert len(message["properties"].pop("delivery_tag")) == 36
    assert ours == celerys


def test_a_job_that_is_sent_again_has_another_tag() -> None:
    tags = {json.loads(task_message(_JOB, {}, _QUEUE))["properties"]["delivery_tag"] for _ in range(2)}
    assert len(tags) == 2


def _sent_by_celery() -> Any:
    app = Celery("sender", broker="memory://", backend=None, set_as_current=False)
    app.conf.update(task_serializer="json", task_ignore_result=True)
    app.send_task(
        EMBED_TASK,
        kwargs=_JOB.to_kwargs(),
        headers=_JOB.to_headers(),
        task_id=_JOB.job_id,
        queue=Queue(_QUEUE),  # type: ignore[no-untyped-call]
        ignore_result=True,
        add_to_parent=False,
        argsrepr="()",
        kwargsrepr="{}",
    )
    with app.connection_for_read() as connection:
        return connection.default_channel._get(_QUEUE)
