"""A worker whose log is JSON writes nothing else, whatever ends it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from launch.embedded_redis import EmbeddedRedis

pytestmark = pytest.mark.services

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: signal.Signals(number).name)
def test_every_line_is_json_to_the_end(number: int) -> None:
    with EmbeddedRedis() as server:
        worker = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "tests/worker/fake_worker.py"), server.url],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "LOOKALIKE_LOG_FORMAT": "json"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert worker.stderr is not None
        lines = []
        # What ends the reading below, should the worker not.
        alarm = threading.Timer(60, worker.kill)
        alarm.start()
        for line in worker.stderr:
            lines.append(line)
            if "celery" in line and "ready" in line:
                break
        worker.send_signal(number)
        said, rest = worker.communicate()
        alarm.cancel()
    assert said == ""
    records = [json.loads(line) for line in [*lines, *rest.splitlines()]]
    assert records[-1]["message"].startswith("stopped")
