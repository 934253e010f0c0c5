"""An embed job as a message that Celery's worker takes from its queue in Redis.

The API writes messages itself, because then a photo and its message can go to Redis in one round trip, from the event
loop. Celery's own `send_task` blocks, and needs a round trip of its own. The format is Celery's message protocol 2 in
the envelope of kombu's virtual transports; a test compares a message with the one that Celery writes.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from typing import Final

from contracts.embedding_job import EMBED_TASK, EmbedJob

# Callbacks and the like, which this task has none of.
_EMBED: Final = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
_ORIGIN: Final = "lookalike-api"


def task_message(job: EmbedJob, headers: Mapping[str, object], queue: str) -> bytes:
    """The message, as an element of the queue's list.

    Args:
        job: its arguments.
        headers: what travels beside them; JSON types only.
        queue: its name.
    """
    body = json.dumps([[], job.to_kwargs(), _EMBED]).encode()
    message = {
        "body": base64.b64encode(body).decode("ascii"),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py",
            "task": EMBED_TASK,
            "id": job.job_id,
            "shadow": None,
            # No times: only Redis's clock decides about the deadline.
            "eta": None,
            "expires": None,
            "group": None,
            "group_index": None,
            "retries": 0,
            "timelimit": [None, None],
            "root_id": job.job_id,
            "parent_id": None,
            # Placeholders for Celery's event monitors.
            "argsrepr": "()",
            "kwargsrepr": "{}",
            "origin": _ORIGIN,
            "ignore_result": True,
            "replaced_task_nesting": 0,
            "stamped_headers": None,
            "stamps": {},
            **headers,
        },
        "properties": {
            "correlation_id": job.job_id,
            # Of Celery's result backend, which is off.
            "reply_to": "",
            "argsrepr": "()",
            "kwargsrepr": "{}",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            # A job that is submitted again must have another one: kombu notes messages under way by it.
            "delivery_tag": str(uuid.uuid4()),
        },
    }
    return json.dumps(message).encode()
