"""Run the load benchmark: each server in turn, at each number of clients, and print a table."""

import json
import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.load.clients import Load, found_ids, post_from_clients
from benchmarks.load.photo_search import BUNDLES_VARIABLE, PhotoSearch
from benchmarks.served import HOST, SERVE, free_port, process, wait_for
from contracts.errors import BenchmarkError
from contracts.settings_names import FILE_SUFFIX, REDIS_URL
from model.engines.processor import usable_cores
from pictures.formats import SUFFIXES

OURS: Final = "lookalike"
_COMPARED: Final = 5
_WARM_UP: Final = 0.2
# Of an engine that never waits: as large as the worker's.
_BATCH: Final = 16


def run(
    bundles: Path, *, photos: Path, photo_count: int, clients: Sequence[int], rounds: int, seconds: float, seed: int
) -> int:
    """Load each server in turns and print a table and a line of JSON.

    Args:
        bundles: folder of index bundles.
        photos: folder of customers' photos, searched recursively.
        photo_count: number of different photos.
        clients: numbers of concurrent clients.
        rounds: in each of which every server is started and loaded once.
        seconds: length of each load.
        seed: of the choice of photos.

    Raises:
        BenchmarkError: there are no photos, or a peer does not find what we find.
        LaunchError: a server does not start.
    """
    files = sorted(path for path in photos.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise BenchmarkError(f"there are no photos in {photos}; pass a folder of customers' photos with --photos")
    chosen = np.random.default_rng(seed).permutation(len(files))[:photo_count]
    pictures = [files[int(number)].read_bytes() for number in chosen]
    search = PhotoSearch(bundles)
    bound: list[float] = []
    loads: dict[str, dict[int, list[Load]]] = {name: {} for name in _commands(bundles, 0)}
    found: dict[str, list[list[str]]] = {}
    for _ in range(rounds):
        bound.append(_bound_per_s(search, pictures, seconds))
        for name in loads:
            port = free_port()
            with process(_commands(bundles, port)[name], _environment(bundles, name)):
                address = f"http://{HOST}:{port}"
                wait_for(f"{address}/readyz")
                post_from_clients(address, pictures, clients=max(clients), seconds=_WARM_UP * seconds)
                found.setdefault(name, [found_ids(address, photo) for photo in pictures[:_COMPARED]])
                for number in clients:
                    load = post_from_clients(address, pictures, clients=number, seconds=seconds)
                    loads[name].setdefault(number, []).append(load)
    _check_same_job(found)
    _print(loads, bound)
    return 0


def _commands(bundles: Path, port: int) -> dict[str, list[str]]:
    fastapi = ["-m", "uvicorn", "--factory", "benchmarks.load.fastapi_peer:create_app", "--port", str(port)]
    return {
        OURS: [*SERVE, str(bundles), "--port", str(port)],
        "plain FastAPI": [sys.executable, *fastapi, "--no-access-log", "--log-level", "warning"],
        "LitServe": [sys.executable, "-m", "benchmarks.load.litserve_peer", str(port)],
    }


def _environment(bundles: Path, name: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {REDIS_URL, REDIS_URL + FILE_SUFFIX}}
    # Ours refuses variables that it does not know.
    # The peers remember no photos, so it must not either.
    return {**kept, "LOOKALIKE_SAME_PHOTO_S": "0"} if name == OURS else {**kept, BUNDLES_VARIABLE: str(bundles)}


def _bound_per_s(search: PhotoSearch, pictures: Sequence[bytes], seconds: float) -> float:
    """Photos a second by the engine with decoding alone: decoded by as many threads as there are cores, in batches."""
    done, started = 0, time.perf_counter()
    with ThreadPoolExecutor(usable_cores()) as pool:
        batch = [pictures[at % len(pictures)] for at in range(_BATCH)]
        following = [pool.submit(search.fit, photo) for photo in batch]
        while time.perf_counter() - started < seconds:
            waiting, following = following, [pool.submit(search.fit, photo) for photo in batch]
            search.embed([future.result() for future in waiting])
            done += len(batch)
            batch = [pictures[(done + at) % len(pictures)] for at in range(_BATCH)]
        return done / (time.perf_counter() - started)


def _check_same_job(found: Mapping[str, Sequence[Sequence[str]]]) -> None:
    for name, answers in found.items():
        for ours, theirs in zip(found[OURS], answers, strict=True):
            # Batches round differently, so neighbours may change places.
            if not ours or len(set(ours) & set(theirs)) < 0.8 * len(ours):
                raise BenchmarkError(f"{name} finds {theirs} for a photo, and {OURS} {ours}; they do different jobs")


def _print(loads: Mapping[str, Mapping[int, Sequence[Load]]], bound: Sequence[float]) -> None:
    figures: dict[str, object] = {"bound_per_s": statistics.median(bound), "cores": usable_cores()}
    print(f"engine with decoding in one process: {statistics.median(bound):.1f} photos/s on {usable_cores()} cores")
    print("no server looks for garments in the photos (detect=false)\n")
    print(f"{'':14}{'clients':>8}{'photos/s':>10}{'ratio':>7}{'of bound':>9}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}")
    for number in loads[OURS]:
        for name, by_clients in loads.items():
            one = _figures(by_clients[number], loads[OURS][number], bound)
            figures[f"{name}, {number} clients"] = one
            print(
                f"{name:14}{number:8}{one['per_s']:10.1f}{one['ours_to_it']:7.2f}{one['of_bound']:9.2f}"
                f"{one['p50_ms']:9.1f}{one['p99_ms']:9.1f}{one['errors']:8.0f}"
            )
            errors = [load.error for load in by_clients[number] if load.error]
            if errors:
                print(f"  {errors[0]}")
    print(f"\nratio: photos/s of {OURS} divided by those of the server")
    print(json.dumps(figures))


def _figures(its: Sequence[Load], ours: Sequence[Load], bound: Sequence[float]) -> dict[str, float]:
    latencies = [latency for load in its for latency in load.latencies_ms] or [float("nan")]
    return {
        "per_s": statistics.median(load.per_s for load in its),
        "ours_to_it": statistics.median(o.per_s / max(i.per_s, 1e-9) for o, i in zip(ours, its, strict=True)),
        "of_bound": statistics.median(i.per_s / b for i, b in zip(its, bound, strict=True)),
        "p50_ms": float(np.percentile(latencies, 50)),
        "p99_ms": float(np.percentile(latencies, 99)),
        "errors": sum(load.errors for load in its),
    }
