"""A worker process with the fake engine: `python tests/worker/fake_worker.py --help`."""

import argparse
import signal
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("redis_url")
parser.add_argument("--version", default="fake-1")
parser.add_argument("--batch-ms", type=float, default=0.0)
parser.add_argument("--picture-ms", type=float, default=0.0)
parser.add_argument("--batch-limit", type=int, default=16)
parser.add_argument("--visibility-timeout-s", type=int, default=2)
parser.add_argument("--stuck-s", type=float, default=60.0)
parser.add_argument("--clock-ahead-s", type=float, default=0.0)
parser.add_argument("--detector", action="store_true")
parser.add_argument("--nohup", action="store_true")
arguments = parser.parse_args()
_time = time.time
# Before kombu is imported, which keeps the function itself.
time.time = lambda: _time() + arguments.clock_ahead_s

# ruff: noqa: E402
from tests.worker.fake_detector import FakeDetector
from tests.worker.fake_engine import FakeEngine
from worker.app import run_worker
from worker.settings import WorkerSettings

# Whatever the tests' own terminal does.
signal.signal(signal.SIGHUP, signal.SIG_IGN if arguments.nohup else signal.SIG_DFL)
sys.exit(
    run_worker(
        WorkerSettings(
            redis_url=arguments.redis_url,
            batch_limit=arguments.batch_limit,
            visibility_timeout_s=arguments.visibility_timeout_s,
            engine_stuck_s=arguments.stuck_s,
        ),
        FakeEngine(arguments.version, batch_ms=arguments.batch_ms, picture_ms=arguments.picture_ms),
        FakeDetector() if arguments.detector else None,
    )
)
