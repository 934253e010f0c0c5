"""`GET /items/{id}/similar` compared with a bare endpoint: asked for the first time, and again."""

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np

from benchmarks.machine_code import wait_for_machine_code
from benchmarks.served import HOST, free_port, get, process, wait_for
from benchmarks.wrk import requests_per_s

# So few that their answers are kept however small the cache is.
_AGAIN = 200
_ONE_BY_ONE = 500


def similar_items(
    address: str, ids: Sequence[str], environment: Mapping[str, str], *, rounds: int, seconds: int
) -> dict[str, float]:
    """Run wrk on the API and on the bare endpoint in turns.

    Asked for the first time means: in the order of `ids`, so that an answer is forgotten before its turn comes again.
    `get_known_share` is the share of answers that were known all the same, as in a small catalogue.

    Args:
        address: of the API.
        ids: all items, in a random order.
        environment: of the bare endpoint.
        rounds, seconds: number and length of the runs of each.
    """
    port = free_port()
    ours, again, peer = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        answer.write_bytes(get(f"{address}/items/{quote(ids[0])}/similar"))
        baseline = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.baseline_app:create_app"]
        baseline += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
        with process(baseline, {**environment, "LOOKALIKE_BASELINE": str(answer)}):
            wait_for(f"http://{HOST}:{port}/items/x/similar")
            wait_for_machine_code(address)
            latencies = _latencies_ms(address, ids)
            known = asked = 0
            for number in range(rounds):
                first = number * len(ids) // rounds
                peer.append(requests_per_s(f"http://{HOST}:{port}", ids, seconds=seconds, first=first))
                before = _answered(address)
                ours.append(requests_per_s(address, ids, seconds=seconds, first=first))
                after = _answered(address)
                known += after["hit"] - before["hit"]
                asked += sum(after.values()) - sum(before.values())
                again.append(requests_per_s(address, ids[-_AGAIN:], seconds=seconds, first=0))
    return {
        "get_per_s": statistics.median(ours),
        "get_again_per_s": statistics.median(again),
        "get_baseline_per_s": statistics.median(peer),
        "get_ratio": statistics.median(o / p for o, p in zip(ours, peer, strict=True)),
        "get_again_ratio": statistics.median(a / p for a, p in zip(again, peer, strict=True)),
        "get_known_share": known / max(1, asked),
        "get_p50_ms": float(np.percentile(latencies, 50)),
        "get_p99_ms": float(np.percentile(latencies, 99)),
    }


def _latencies_ms(address: str, ids: Sequence[str]) -> list[float]:
    latencies = []
    for item_id in ids[:_ONE_BY_ONE]:
        started = time.perf_counter()
        get(f"{address}/items/{quote(item_id)}/similar")
        latencies.append((time.perf_counter() - started) * 1000)
    return latencies


def _answered(address: str) -> dict[str, int]:
    """Numbers of answers so far that were known (hit) and not (miss)."""
    counts = re.findall(
        rb'lookalike_answer_cache_requests_total\{result="(\w+)"\} ([\d.e+]+)', get(f"{address}/metrics")
    )
    return {result.decode(): int(float(count)) for result, count in counts}
