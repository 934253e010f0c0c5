"""Times from the start of the API to its first answer."""

import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from benchmarks.served import HOST, SERVE, free_port, process, wait_for


def start_times(bundles: Path, item_id: str, environment: Mapping[str, str], rounds: int) -> dict[str, float]:
    """Start the API `rounds` times, with its machine code and without any, as in a new container."""
    _start_s(bundles, item_id, environment)  # warm-up
    times, uncompiled = [], []
    for _ in range(rounds):
        times.append(_start_s(bundles, item_id, environment))
        with tempfile.TemporaryDirectory() as nothing:
            uncompiled.append(_start_s(bundles, item_id, {**environment, "NUMBA_CACHE_DIR": nothing}))
    return {
        "start_median_s": statistics.median(times),
        "start_slowest_s": max(times),
        "start_uncompiled_s": statistics.median(uncompiled),
    }


def _start_s(bundles: Path, item_id: str, environment: Mapping[str, str]) -> float:
    port = free_port()
    started = time.perf_counter()
    with process([*SERVE, str(bundles), "--only", "api", "--port", str(port)], environment):
        wait_for(f"http://{HOST}:{port}/items/{quote(item_id)}/similar", every_s=0.01)
        return time.perf_counter() - started
