"""`lookalike benchmark http`: start time, both endpoints compared with baselines, memory of each process."""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np

from api.embedding.client import EmbeddingClient
from benchmarks.beside_jobs import photos_beside_jobs
from benchmarks.photo_client import post_latencies_ms
from benchmarks.servers import HOST, SERVE, free_port, get, process, wait_for
from benchmarks.wrk import requests_per_s
from contracts.embedding_engine import EmbeddingEngine
from contracts.errors import LaunchError, PictureRejected
from index.bundle import open_current
from launch.embedded_redis import EmbeddedRedis
from model.loading import load_engine
from model.shipped_networks import source_of
from pictures.decoding import decode
from pictures.formats import SUFFIXES

_RANDOM_IDS = 2000
_EMPTY_JOBS = 300


def run(bundles: Path, *, photos: Path, photo_count: int, rounds: int, seconds: int) -> int:
    """Measure, print a table and JSON.

    Args:
        photos: folder of customers' photos, searched recursively.
        photo_count: number of photos to post.
        rounds: number of alternating wrk runs of `seconds` each, and of starts of the API.
    """
    bundle = open_current(bundles)
    generator = np.random.default_rng(0)
    ids = [bundle.items.id(int(row)) for row in generator.integers(0, len(bundle.items), _RANDOM_IDS)]
    files = sorted(path for path in photos.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise LaunchError(f"there are no photos in {photos}; pass a folder of customers' photos with --photos")
    pictures = [files[int(i)].read_bytes() for i in generator.permutation(len(files))[:photo_count]]
    figures: dict[str, float] = {"items": len(bundle.items)}
    with EmbeddedRedis() as redis:
        environment = {**os.environ, "REDIS_URL": redis.url}
        figures |= _start_times(bundles, ids[0], environment, rounds)
        api, worker = free_port(), [*SERVE, str(bundles), "--only", "worker"]
        api_command = [*SERVE, str(bundles), "--only", "api", "--port", str(api)]
        address = f"http://{HOST}:{api}"
        with process(worker, environment) as worker_pid, process(api_command, environment) as api_pid:
            wait_for(f"{address}/readyz")
            figures |= _items(address, ids, environment, rounds=rounds, seconds=seconds)
            figures |= _photos(address, pictures, redis.url, bundle.model.version)
            figures |= photos_beside_jobs(address, pictures, ids)
            figures |= {"memory_api_mb": _memory_mb(api_pid), "memory_worker_mb": _memory_mb(worker_pid)}
            figures |= {"memory_redis_mb": _memory_mb(redis.pid)}
    # Measured last, when no other process is running.
    figures |= _bare_network(load_engine(source_of(bundle.model), device="cpu"), pictures)
    figures["post_bound_ms"] = 1.3 * figures["network_p50_ms"] + 5 * figures["empty_job_p50_ms"]
    _print(figures)
    return 0


def _start_times(bundles: Path, item_id: str, environment: Mapping[str, str], rounds: int) -> dict[str, float]:
    times = []
    for _ in range(rounds):
        port = free_port()
        started = time.perf_counter()
        with process([*SERVE, str(bundles), "--only", "api", "--port", str(port)], environment):
            wait_for(f"http://{HOST}:{port}/items/{quote(item_id)}/similar", every_s=0.01)
            times.append(time.perf_counter() - started)
    return {"start_median_s": statistics.median(times), "start_slowest_s": max(times)}


def _items(
    address: str, ids: Sequence[str], environment: Mapping[str, str], *, rounds: int, seconds: int
) -> dict[str, float]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        answer.write_bytes(get(f"{address}/items/{quote(ids[0])}/similar"))
        baseline = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.baseline_app:create_app"]
        baseline += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
        ours, peer = [], []
        with process(baseline, {**environment, "LOOKALIKE_BASELINE": str(answer)}):
            wait_for(f"http://{HOST}:{port}/items/x/similar")
            for number in range(rounds):
                peer.append(requests_per_s(f"http://{HOST}:{port}", ids, seconds=seconds, seed=number))
                ours.append(requests_per_s(address, ids, seconds=seconds, seed=number))
    latencies = _get_latencies_ms(address, ids)
    return {
        "get_per_s": statistics.median(ours),
        "get_baseline_per_s": statistics.median(peer),
        "get_ratio": statistics.median(o / p for o, p in zip(ours, peer, strict=True)),
        "get_p50_ms": float(np.percentile(latencies, 50)),
        "get_p99_ms": float(np.percentile(latencies, 99)),
    }


def _photos(address: str, pictures: Sequence[bytes], redis_url: str, version: str) -> dict[str, float]:
    post_latencies_ms(address, pictures[:10])  # warm-up
    latencies = post_latencies_ms(address, pictures)
    empty = asyncio.run(_empty_job_latencies_ms(redis_url, version))
    return {
        "post_p50_ms": float(np.percentile(latencies, 50)),
        "post_p99_ms": float(np.percentile(latencies, 99)),
        "empty_job_p50_ms": float(np.percentile(empty, 50)),
        "empty_job_p99_ms": float(np.percentile(empty, 99)),
    }


async def _empty_job_latencies_ms(redis_url: str, version: str) -> list[float]:
    client = EmbeddingClient(redis_url, model_version=version)
    await client.start()
    latencies = []
    try:
        for _ in range(_EMPTY_JOBS):
            started = time.perf_counter()
            try:
                await client.embed(b"")
            except PictureRejected:
                latencies.append((time.perf_counter() - started) * 1000)
    finally:
        await client.stop()
    return latencies


def _bare_network(engine: EmbeddingEngine, pictures: Sequence[bytes]) -> dict[str, float]:
    fitted = [
        engine.preprocess(decode(data, box=None, target=engine.input_size, as_srgb=engine.as_srgb).pixels)
        for data in pictures
    ]
    engine.warm_up()
    times = []
    for picture in fitted:
        batch = picture[None]
        started = time.perf_counter()
        engine.embed(batch)
        times.append((time.perf_counter() - started) * 1000)
    return {"network_p50_ms": float(np.percentile(times, 50))}


def _get_latencies_ms(address: str, ids: Sequence[str]) -> list[float]:
    latencies = []
    for item_id in ids[:500]:
        started = time.perf_counter()
        get(f"{address}/items/{quote(item_id)}/similar")
        latencies.append((time.perf_counter() - started) * 1000)
    return latencies


def _print(figures: Mapping[str, float]) -> None:
    f = figures
    print(
        f"{f['items']:,.0f} items\n"
        f"start of the API to a first 200     median {f['start_median_s']:.2f} s, "
        f"slowest {f['start_slowest_s']:.2f} s\n"
        f"GET /items/{{id}}/similar             {f['get_per_s']:,.0f} requests/s, bare endpoint "
        f"{f['get_baseline_per_s']:,.0f}: ratio {f['get_ratio']:.2f}; one client p50 {f['get_p50_ms']:.2f} ms, "
        f"p99 {f['get_p99_ms']:.2f} ms\n"
        f"POST /similar, one client           p50 {f['post_p50_ms']:.1f} ms, p99 {f['post_p99_ms']:.1f} ms; bound "
        f"{f['post_bound_ms']:.1f} ms = 1.3 x network {f['network_p50_ms']:.1f} ms + 5 x empty job "
        f"{f['empty_job_p50_ms']:.1f} ms\n"
        f"  ... beside ten jobs of 10,000     p50 {f['beside_jobs_p50_ms']:.1f} ms, "
        f"p99 {f['beside_jobs_p99_ms']:.1f} ms: "
        f"{f['beside_jobs_p50_ms'] / f['post_p50_ms']:.2f} and {f['beside_jobs_p99_ms'] / f['post_p99_ms']:.2f} times; "
        f"the jobs {f['jobs_beside_photos_per_s']:.0f} pictures/s, {f['jobs_per_s']:.0f} without photos\n"
        f"memory                              API {f['memory_api_mb']:.0f} MB, worker {f['memory_worker_mb']:.0f} MB, "
        f"Redis {f['memory_redis_mb']:.0f} MB"
    )
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


def _memory_mb(pid: int) -> float:
    """Proportional set size: the size of shared pages is divided among the processes that share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return float("nan")
