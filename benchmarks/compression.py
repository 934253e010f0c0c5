"""What packed answers cost and save, beside starlette's GZipMiddleware in the same run.

`python -m benchmarks.compression BUNDLES` asks for the look-alikes of items: 12 and 100 of each. Needs wrk; takes about
a minute.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import quote

import numpy as np
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.http.accepted_codings import CODINGS
from api.http.text_coding import coded, packed, spliced
from benchmarks.machine_code import wait_for_machine_code
from benchmarks.served import HOST, SERVE, free_port, get, process, wait_for
from benchmarks.wrk import requests_per_s
from index.bundle import open_current
from launch.embedded_redis import EmbeddedRedis

_LIMITS = (12, 100)
# So few that all their answers are remembered.
_ITEMS = 200
_TIMES = 300
_HEADERS: Mapping[str, Mapping[str, str]] = {
    "as it is": {},
    "gzip": {"Accept-Encoding": "gzip"},
    "zstd": {"Accept-Encoding": "zstd"},
    "304": {"If-None-Match": "*"},
}
_OF_PEER = ("as it is", "gzip")


def sizes_and_times(text: bytes) -> dict[str, float]:
    """Bytes, and µs to pack an answer: for the first time, and again with a piece that was packed before."""
    figures: dict[str, float] = {"bytes": len(text)}
    head, tail = text[:50], text[-50:]
    middle = text[50:-50]
    for coding in CODINGS:
        piece = packed(middle, coding)
        figures[f"{coding} bytes"] = len(spliced(head, middle, piece, tail, coding))
        figures[f"{coding} first us"] = _us(partial(coded, text, coding))
        figures[f"{coding} again us"] = _us(partial(spliced, head, middle, piece, tail, coding))
    figures |= asyncio.run(_starlette(text))
    return figures


def _us(action: Callable[[], object]) -> float:
    action()
    times = []
    for _ in range(_TIMES):
        begun = time.perf_counter()
        action()
        times.append((time.perf_counter() - begun) * 1e6)
    return statistics.median(times)


async def _starlette(text: bytes) -> dict[str, float]:
    """The same of starlette's middleware, less what a response takes that passes through it unpacked."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(text, media_type="application/json")(scope, receive, send)

    answering = GZipMiddleware(answer)
    medians = []
    for headers in ([], [(b"accept-encoding", b"gzip")]):
        scope = {"type": "http", "method": "GET", "headers": headers}
        times = []
        for _ in range(_TIMES):
            sent.clear()
            begun = time.perf_counter()
            await answering(scope, receive, send)
            times.append((time.perf_counter() - begun) * 1e6)
        medians.append(statistics.median(times))
    return {"starlette bytes": len(sent[-1]["body"]), "starlette us": medians[1] - medians[0]}


def served(bundles: Path, *, rounds: int, seconds: int) -> tuple[dict[int, bytes], dict[str, float]]:
    """Typical answers by their number of look-alikes; and requests per second of answers from memory.

    The API and starlette's middleware around a ready answer are loaded in turns.
    """
    bundle = open_current(bundles)
    rows = np.random.default_rng(0).permutation(len(bundle.items))[:_ITEMS]
    ids = [bundle.items.id(int(row)) for row in rows]
    ours, peer = free_port(), free_port()
    texts: dict[int, bytes] = {}
    rates: dict[str, list[float]] = {}

    def load(name: str, port: int, limit: int, headers: Mapping[str, str]) -> None:
        rate = requests_per_s(f"http://{HOST}:{port}", ids, seconds=seconds, first=0, limit=limit, headers=headers)
        rates.setdefault(f"{limit} {name}", []).append(rate)

    with EmbeddedRedis() as redis, tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "REDIS_URL": redis.url}
        baseline = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.baseline_app:create_packing_app"]
        baseline += ["--port", str(peer), "--no-access-log", "--log-level", "warning"]
        with process([*SERVE, str(bundles), "--only", "api", "--port", str(ours)], environment):
            wait_for(f"http://{HOST}:{ours}/readyz/items")
            wait_for_machine_code(f"http://{HOST}:{ours}")
            for limit in _LIMITS:
                texts[limit] = get(f"http://{HOST}:{ours}/items/{quote(ids[0])}/similar?limit={limit}")
                answer = Path(folder) / "answer.json"
                answer.write_bytes(texts[limit])
                with process(baseline, {**environment, "LOOKALIKE_BASELINE": str(answer)}):
                    wait_for(f"http://{HOST}:{peer}/items/x/similar")
                    for _ in range(rounds + 1):
                        for name, headers in _HEADERS.items():
                            load(name, ours, limit, headers)
                        for name in _OF_PEER:
                            load(f"starlette {name}", peer, limit, _HEADERS[name])
    # The first round only fills the memory.
    return texts, {name: statistics.median(each[1:]) for name, each in rates.items()}


def main() -> int:
    """Measure, and print a line of JSON for each kind of answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", type=Path, metavar="BUNDLES")
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="(2)")
    parser.add_argument("--seconds", type=int, default=1, metavar="N", help="length of each wrk run (1)")
    options = parser.parse_args()
    texts, rates = served(options.bundles, rounds=options.rounds, seconds=options.seconds)
    for limit, text in texts.items():
        figures = {"look-alikes": limit, **sizes_and_times(text)}
        figures |= {
            f"{name.partition(' ')[2]} per s": rate for name, rate in rates.items() if name.startswith(f"{limit} ")
        }
        print(json.dumps({name: round(value, 1) for name, value in figures.items()}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
