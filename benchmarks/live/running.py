"""`lookalike benchmark live`: searches with and without changes, changes alone, and when other processes show them."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.live.changing import change_items
from benchmarks.live.searching import search_latencies_ms
from benchmarks.live.visibility import visible_after_ms
from benchmarks.machine_code import wait_for_machine_code
from benchmarks.served import HOST, SERVE, free_port, get, process, wait_for
from contracts.errors import LaunchError
from contracts.settings_names import DATABASE_URL
from index.bundle import open_current
from index.current_version import CURRENT, current_version
from launch.embedded_redis import EmbeddedRedis

_CLIENTS: Final = 8
_OTHERS: Final = 3
_WARM_UP_S: Final = 3.0
_ALONE_S: Final = 5.0
_CHANGED_ALONE: Final = 500
_LOAD_PER_S: Final = 50.0
_ADOPTION_TIMEOUT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What to measure.

    Attributes:
        seconds: how long items are changed while clients search.
        changes_per_s: how many a second.
        writers: clients that make them, each the next one after its answer.
        searches_per_s: of all clients, where they do not search as fast as they can.
        visible: changes whose way to the other processes is timed.
    """

    seconds: float
    changes_per_s: float
    writers: int
    searches_per_s: float
    visible: int


def run(bundles: Path, options: LiveOptions) -> int:
    """Measure, print a table and JSON; the folder of bundles is copied, not changed."""
    bundle = open_current(bundles)
    attribute = next(name for name, column in bundle.attributes.columns.items() if column.kind.name == "text")
    order = np.random.default_rng(0).permutation(len(bundle.items))
    ids = [bundle.items.id(int(row)) for row in order]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        copy = _copied(bundles, folder / "bundles")
        redis = stack.enter_context(EmbeddedRedis())
        environment = {
            **os.environ,
            "REDIS_URL": redis.url,
            DATABASE_URL: f"sqlite:///{folder / 'catalogue.db'}",
            # Each search is computed. Otherwise those without changes would be compared with remembered answers, for
            # the clients ask again what they have asked before.
            "LOOKALIKE_ANSWER_CACHE_BYTES": "0",
        }
        stack.enter_context(process([*SERVE, str(copy), "--only", "importer"], environment))
        apart = stack.enter_context(ProcessPoolExecutor(1 + options.writers, mp_context=get_context("spawn")))
        figures: dict[str, float] = {"items": len(ids)}
        with _api(copy, environment) as address:
            wait_for_machine_code(address)
            figures |= _alone(address, ids, attribute, min(_ALONE_S, options.seconds))
            figures |= _beside_each_other(apart, address, ids, attribute, options)
        figures |= _visibility(apart, copy, environment, ids, attribute, options)
    _print(figures, options)
    return 0


def _alone(address: str, ids: Sequence[str], attribute: str, seconds: float) -> dict[str, float]:
    changed = change_items(address, ids[:_CHANGED_ALONE], attribute, per_s=None, seconds=seconds, stamp="alone")
    return _percentiles("change_alone", changed.latencies_ms)


def _beside_each_other(
    apart: ProcessPoolExecutor, address: str, ids: Sequence[str], attribute: str, options: LiveOptions
) -> dict[str, float]:
    """Searches without and with changes, each at a steady rate and as fast as the clients can."""
    figures: dict[str, float] = {}
    for name, per_s in (("paced", options.searches_per_s), ("flood", None)):

        def searching(seconds: float, per_s: float | None = per_s) -> list[float]:
            found = apart.submit(search_latencies_ms, address, ids, clients=_CLIENTS, per_s=per_s, seconds=seconds)
            return found.result()

        searching(min(_WARM_UP_S, options.seconds))
        before = searching(options.seconds / 4)
        writing = [
            apart.submit(
                change_items,
                address,
                ids[number :: options.writers],
                attribute,
                per_s=options.changes_per_s / options.writers,
                seconds=options.seconds,
                stamp=f"{name} {number}",
            )
            for number in range(options.writers)
        ]
        beside = searching(options.seconds)
        changed = [write.result() for write in writing]
        after = searching(options.seconds / 4)
        figures |= _percentiles(f"{name}_without", [*before, *after])
        figures |= _percentiles(f"{name}_with", beside)
        figures |= _percentiles(f"{name}_change", [latency for each in changed for latency in each.latencies_ms])
        for percent in (50, 99):
            figures[f"{name}_ratio_p{percent}"] = (
                figures[f"{name}_with_p{percent}_ms"] / figures[f"{name}_without_p{percent}_ms"]
            )
        figures[f"{name}_changes_per_s"] = sum(
            (len(each.latencies_ms) - each.refused) / each.seconds for each in changed
        )
        figures[f"{name}_refused"] = sum(each.refused for each in changed)
    return figures


def _visibility(
    apart: ProcessPoolExecutor,
    bundles: Path,
    environment: Mapping[str, str],
    ids: Sequence[str],
    attribute: str,
    options: LiveOptions,
) -> dict[str, float]:
    """How long changes take to the other processes, while a client changes and clients search."""
    with ExitStack() as stack:
        address, *others = [stack.enter_context(_api(bundles, environment)) for _ in range(1 + _OTHERS)]
        half = len(ids) // 2
        seconds = 1.0 * options.visible
        loads: list[Future[object]] = [
            apart.submit(
                change_items, address, ids[half:], attribute, per_s=_LOAD_PER_S, seconds=seconds, stamp="load"
            ),
            apart.submit(search_latencies_ms, others[0], ids, clients=2, per_s=2 * _LOAD_PER_S, seconds=seconds),
        ]
        delays = visible_after_ms(address, others, ids[:half], attribute, changes=options.visible)
        for load in loads:
            load.result()
    return {**_percentiles("visible", delays), "visible_slowest_ms": max(delays)}


@contextmanager
def _api(bundles: Path, environment: Mapping[str, str]) -> Iterator[str]:
    port = free_port()
    address = f"http://{HOST}:{port}"
    with process([*SERVE, str(bundles), "--only", "api", "--port", str(port)], environment):
        wait_for(f"{address}/readyz/items")
        _wait_until_live(address)
        yield address


def _wait_until_live(address: str) -> None:
    """Until the database has taken over the items of the index: before, they cannot be changed.

    Raises:
        LaunchError: that takes over two minutes.
    """
    deadline = time.monotonic() + _ADOPTION_TIMEOUT_S
    while "sequence" not in json.loads(get(f"{address}/items?limit=1"))["index"]:
        if time.monotonic() > deadline:
            raise LaunchError(f"the items at {address} could not be changed within {_ADOPTION_TIMEOUT_S:.0f} s")
        time.sleep(0.2)


def _copied(bundles: Path, folder: Path) -> Path:
    version = current_version(bundles)
    shutil.copytree(bundles / version, folder / version)
    shutil.copy(bundles / CURRENT, folder / CURRENT)
    return folder


def _percentiles(name: str, latencies_ms: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p{percent}_ms": float(np.percentile(latencies_ms, percent)) for percent in (50, 99)}


def _print(figures: Mapping[str, float], options: LiveOptions) -> None:
    f = figures
    print(f"{f['items']:,.0f} items; SQLite; API, importer, clients and writer on one machine")
    print(
        f"a change alone, one after the other      p50 {f['change_alone_p50_ms']:.2f} ms, "
        f"p99 {f['change_alone_p99_ms']:.2f} ms"
    )
    for name, what in (("paced", f"{options.searches_per_s:.0f} searches/s"), ("flood", "as fast as they can")):
        print(
            f"{_CLIENTS} clients search, {what}\n"
            f"  without changes                        p50 {f[f'{name}_without_p50_ms']:.2f} ms, "
            f"p99 {f[f'{name}_without_p99_ms']:.2f} ms\n"
            f"  with {f[f'{name}_changes_per_s']:.0f} changes/s                    "
            f"p50 {f[f'{name}_with_p50_ms']:.2f} ms: {f[f'{name}_ratio_p50']:.2f} x, "
            f"p99 {f[f'{name}_with_p99_ms']:.2f} ms: {f[f'{name}_ratio_p99']:.2f} x; changes p50 "
            f"{f[f'{name}_change_p50_ms']:.2f} ms, p99 {f[f'{name}_change_p99_ms']:.2f} ms, "
            f"{f[f'{name}_refused']:.0f} refused"
        )
    print(
        f"shown by {_OTHERS} other processes under load   p50 {f['visible_p50_ms']:.0f} ms, "
        f"p99 {f['visible_p99_ms']:.0f} ms, slowest {f['visible_slowest_ms']:.0f} ms"
    )
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))
