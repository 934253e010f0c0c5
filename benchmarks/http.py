"""`lookalike benchmark http`: start time, both endpoints compared with baselines, memory of each process."""

import asyncio
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from api.embedding.client import EmbeddingClient
from benchmarks.beside_jobs import photos_beside_jobs
from benchmarks.one_process import one_process_figures
from benchmarks.photos_served import CLIENTS, photos_served
from benchmarks.served import HOST, SERVE, free_port, process, wait_for
from benchmarks.similar_items import similar_items
from benchmarks.starting import start_times
from contracts.errors import LaunchError, PictureRejected
from contracts.garments import GarmentDetector
from index.bundle import open_current
from launch.embedded_redis import EmbeddedRedis
from model.detection.loading import load_detector
from model.engines.processor import usable_cores
from model.loading import load_engine
from model.shipped_networks import source_of
from pictures.formats import SUFFIXES
from worker.settings import read_settings

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
    ids = [bundle.items.id(int(row)) for row in generator.permutation(len(bundle.items))]
    files = sorted(path for path in photos.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise LaunchError(f"there are no photos in {photos}; pass a folder of customers' photos with --photos")
    pictures = [files[int(i)].read_bytes() for i in generator.permutation(len(files))[:photo_count]]
    figures: dict[str, float] = {"items": len(bundle.items)}
    with EmbeddedRedis() as redis:
        environment = {**os.environ, "REDIS_URL": redis.url}
        figures |= start_times(bundles, ids[0], environment, rounds)
        api, worker = free_port(), [*SERVE, str(bundles), "--only", "worker"]
        api_command = [*SERVE, str(bundles), "--only", "api", "--port", str(api)]
        address = f"http://{HOST}:{api}"
        with process(worker, environment) as worker_pid, process(api_command, environment) as api_pid:
            wait_for(f"{address}/readyz")
            figures |= similar_items(address, ids, environment, rounds=rounds, seconds=seconds)
            figures |= photos_served(address, pictures)
            figures |= _empty_jobs(redis.url, bundle.model.version)
            figures |= photos_beside_jobs(address, pictures, ids)
            figures |= {"memory_api_mb": _memory_mb(api_pid), "memory_worker_mb": _memory_mb(worker_pid)}
            figures |= {"memory_redis_mb": _memory_mb(redis.pid)}
    # Measured last, when no other process is running.
    source = source_of(bundle.model)
    # The worker above reads the same setting.
    detector = load_detector(source, threads=usable_cores()) if read_settings().detect else None
    figures |= one_process_figures(load_engine(source, device="cpu"), pictures, detector)
    figures |= _ratios(figures)
    _print(figures, detector)
    return 0


def _empty_jobs(redis_url: str, version: str) -> dict[str, float]:
    latencies = asyncio.run(_empty_job_latencies_ms(redis_url, version))
    return {f"empty_job_p{percent}_ms": float(np.percentile(latencies, percent)) for percent in (50, 99)}


def _ratios(f: Mapping[str, float]) -> dict[str, float]:
    """What the targets of photos are about, within one run."""
    return {
        "post_ratio": f["post_p50_ms"] / _in_one_process_ms(f),
        "again_in_empty_jobs": f["post_again_p50_ms"] / f["empty_job_p50_ms"],
        "post_tail": f["post_p99_ms"] / f["post_p50_ms"],
        "busy_tail": f["busy_p99_ms"] / f["busy_p50_ms"],
        "many_ratio": f["many_per_s"] / f["one_process_per_s"],
        "many_tail": f["many_p99_ms"] / f["many_p50_ms"],
    }


def _in_one_process_ms(f: Mapping[str, float]) -> float:
    """What a photo would take without the service, with two empty jobs for its way."""
    return f["decode_p50_ms"] + f.get("detect_p50_ms", 0.0) + f["network_p50_ms"] + 2 * f["empty_job_p50_ms"]


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


def _print(figures: Mapping[str, float], detector: GarmentDetector | None) -> None:
    f = figures
    print(
        f"garments in photos                  "
        f"{'not looked for' if detector is None else 'found, by the service and in one process'}\n"
        f"{f['items']:,.0f} items\n"
        f"start of the API to a first 200     median {f['start_median_s']:.2f} s, "
        f"slowest {f['start_slowest_s']:.2f} s; without compiled code {f['start_uncompiled_s']:.2f} s\n"
        f"GET /items/{{id}}/similar             a bare endpoint {f['get_baseline_per_s']:,.0f} requests/s\n"
        f"  asked for the first time          {f['get_per_s']:,.0f} requests/s: ratio {f['get_ratio']:.2f} "
        f"({f['get_known_share']:.1%} known); one client p50 {f['get_p50_ms']:.2f} ms, p99 {f['get_p99_ms']:.2f} ms\n"
        f"  asked for again                   {f['get_again_per_s']:,.0f} requests/s: "
        f"ratio {f['get_again_ratio']:.2f}\n"
        f"POST /similar, one client           p50 {f['post_p50_ms']:.1f} ms: {f['post_ratio']:.2f} x (decoding "
        f"{f['decode_p50_ms']:.1f} ms + garments {f.get('detect_p50_ms', 0.0):.1f} ms + network "
        f"{f['network_p50_ms']:.1f} ms + 2 x empty job "
        f"{f['empty_job_p50_ms']:.1f} ms); p99 {f['post_p99_ms']:.1f} ms: {f['post_tail']:.2f} x p50\n"
        f"  ... beside a busy process         p50 {f['busy_p50_ms']:.1f} ms, p99 {f['busy_p99_ms']:.1f} ms: "
        f"{f['busy_tail']:.2f} x p50\n"
        f"  ... {CLIENTS} clients                    {f['many_per_s']:.0f} photos/s: {f['many_ratio']:.2f} x one "
        f"process ({f['one_process_per_s']:.0f}/s); p50 {f['many_p50_ms']:.0f} ms, p99 {f['many_p99_ms']:.0f} ms: "
        f"{f['many_tail']:.2f} x p50\n"
        f"  ... the same photo again          p50 {f['post_again_p50_ms']:.1f} ms, p99 "
        f"{f['post_again_p99_ms']:.1f} ms: p50 {f['again_in_empty_jobs']:.2f} empty jobs\n"
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
