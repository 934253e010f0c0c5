"""How long photos take while large `/embeddings` jobs run."""

import json
import time
import urllib.request
from collections.abc import Sequence

import numpy as np

from benchmarks.photo_client import post_latencies_ms

_JOBS = 10
_LARGEST_JOB = 10_000


def photos_beside_jobs(address: str, pictures: Sequence[bytes], item_ids: Sequence[str]) -> dict[str, float]:
    """Start ten jobs, as large as a job may be, and post the photos one at a time.

    Args:
        address: of an API whose workers have nothing else to do.
        pictures: files of photos.
        item_ids: of the pictures of the jobs; repeated as often as needed.

    Returns:
        `beside_jobs_p50_ms`, `beside_jobs_p99_ms`, and the jobs' pictures per second, with and without photos.
    """
    wanted = [item_ids[number % len(item_ids)] for number in range(_LARGEST_JOB)]
    jobs = [_start(address, wanted) for _ in range(_JOBS)]
    begun, before = time.perf_counter(), _done(address, jobs)
    time.sleep(2)
    alone = (_done(address, jobs) - before) / (time.perf_counter() - begun)
    begun, before = time.perf_counter(), _done(address, jobs)
    latencies = post_latencies_ms(address, pictures)
    beside = (_done(address, jobs) - before) / (time.perf_counter() - begun)
    return {
        "beside_jobs_p50_ms": float(np.percentile(latencies, 50)),
        "beside_jobs_p99_ms": float(np.percentile(latencies, 99)),
        "jobs_per_s": alone,
        "jobs_beside_photos_per_s": beside,
    }


def _start(address: str, item_ids: Sequence[str]) -> str:
    body = json.dumps({"item_ids": item_ids}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/embeddings", body, headers)  # noqa: S310 - our own http address
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return str(json.load(answer)["job_id"])


def _done(address: str, jobs: Sequence[str]) -> int:
    done = 0
    for job_id in jobs:
        with urllib.request.urlopen(f"{address}/jobs/{job_id}?limit=1", timeout=10) as answer:  # noqa: S310
            done += int(json.load(answer)["done"])
    return done
