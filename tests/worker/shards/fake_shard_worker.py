"""A worker of extractions with the fake engine, started again whenever it dies; each prints its process id."""

import argparse
import os
import signal
import sys
from types import FrameType

from tests.worker.fake_engine import FakeEngine
from worker.settings import WorkerSettings
from worker.shards.app import run_shard_worker

parser = argparse.ArgumentParser()
parser.add_argument("redis_url")
parser.add_argument("shared")
parser.add_argument("roots")
parser.add_argument("--picture-ms", type=float, default=0.0)
parser.add_argument("--lease-s", type=float, default=0.6)
arguments = parser.parse_args()
child = 0


def run() -> int:
    settings = WorkerSettings(
        redis_url=arguments.redis_url,
        extract_shared=arguments.shared,
        extract_roots=arguments.roots,
        engine_stuck_s=1.0,
    )
    engine = FakeEngine(picture_ms=arguments.picture_ms)
    return run_shard_worker(settings, engine, batch_size=4, threads=2, lease_s=arguments.lease_s)


def stop(_number: int, _frame: FrameType | None) -> None:
    os.kill(child, signal.SIGTERM)


# Forked, so that a new one is there at once; nothing has been started here that a fork would break.
while True:
    child = os.fork()
    if child == 0:
        os._exit(run())
    signal.signal(signal.SIGTERM, stop)
    sys.stdout.write(f"{child}\n")
    sys.stdout.flush()
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        sys.exit(0)
