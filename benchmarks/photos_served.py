"""How long photos take at a running service: one client alone and beside a busy process, and many clients."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from benchmarks.photo_client import own_bytes, post_from_many, post_latencies_ms

CLIENTS = 32
_WARM_UP = 10


def photos_served(address: str, photos: Sequence[bytes]) -> dict[str, float]:
    """Post the photos several times.

    Args:
        address: of an API whose workers have nothing else to do.
        photos: files' bytes.

    Returns:
        `post_p50_ms` and `post_p99_ms` of one client; `post_again_...` of photos that it has just posted; `busy_...` of
        one client beside a process that keeps a core busy; `many_...` of 32 clients, and `many_per_s`.
    """
    post_latencies_ms(address, photos[:_WARM_UP])
    alone = post_latencies_ms(address, photos)
    again = _again_ms(address, photos)
    with _busy_core():
        busy = post_latencies_ms(address, photos)
    # Batches of sizes that are new to the engine.
    post_from_many(address, photos[: 2 * CLIENTS], clients=CLIENTS)
    many = post_from_many(address, photos, clients=CLIENTS)
    return {
        **_percentiles("post", alone),
        **_percentiles("post_again", again),
        **_percentiles("busy", busy),
        **_percentiles("many", many.latencies_ms),
        "many_per_s": many.per_s,
    }


def _again_ms(address: str, photos: Sequence[bytes]) -> list[float]:
    fresh = list(map(own_bytes, photos))
    post_latencies_ms(address, fresh, as_they_are=True)
    return post_latencies_ms(address, fresh, as_they_are=True)


def _percentiles(name: str, latencies_ms: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p{percent}_ms": float(np.percentile(latencies_ms, percent)) for percent in (50, 99)}


@contextmanager
def _busy_core() -> Iterator[None]:
    """A process that computes without a pause, as long as the block lasts."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()
