"""`lookalike benchmark extract-workers`: planning a large catalogue, and two workers compared with one."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from contracts.embedding_set import ModelIdentity
from contracts.errors import BenchmarkError
from contracts.items import Item
from launch.embedded_redis import EmbeddedRedis
from model.catalogue.opening import open_catalogue
from model.folder_update import update_folder
from model.loading import load_identity
from model.shards.plan import SHARD_REFERENCES
from model.shards.work_folder import WorkFolder
from worker.shards.handing_out import WorkersEmbed
from worker.shards.queue import ShardQueue
from worker.shards.unfinished import UnfinishedJobs

# Small, so that two workers share some hundred pictures evenly; each still costs a message, two files and a lease.
_SIZE: Final = 64
_READY: Final = "ready: takes shards"


@dataclass(frozen=True, slots=True)
class Figures:
    """The measurements; rates in pictures per second, medians over the rounds.

    Attributes:
        planned: references that were planned.
        planning_s: until all of them were written as shards and were in the queue.
        one_per_s, two_per_s: with one worker and with two, each on one core of its own with one thread.
        ratio: two / one, median over the rounds.
    """

    planned: int
    planning_s: float
    pictures: int
    one_per_s: float
    two_per_s: float
    ratio: float


def run(catalogue: Path | None, *, source: str, references: int, pictures: int, rounds: int) -> int:
    """Measure, and print a table and JSON.

    Args:
        catalogue: whose pictures are embedded; None: planning only.
        source: of the network.
        references: planned.
        pictures: embedded in each measurement.
        rounds: in which one and two workers take turns.
    """
    identity = load_identity(source)
    with EmbeddedRedis() as server, tempfile.TemporaryDirectory() as folder:
        planning_s = _planning_s(server.url, Path(folder), identity, references)
        print(f"{references:,} references planned and handed out in {planning_s:.1f} s", flush=True)
        one, two = ([], []) if catalogue is None else _rates(server.url, catalogue, identity, source, pictures, rounds)
    if not one:
        return 0
    figures = Figures(
        references,
        planning_s,
        pictures,
        statistics.median(one),
        statistics.median(two),
        statistics.median(b / a for a, b in zip(one, two, strict=True)),
    )
    print(
        f"\n{identity.version}, {pictures:,} pictures, workers with one thread on one core each\n"
        f"  one worker    {figures.one_per_s:8.1f} pictures/s\n"
        f"  two workers   {figures.two_per_s:8.1f} pictures/s\n"
        f"  ratio         {figures.ratio:8.2f} x"
    )
    print(json.dumps(asdict(figures)))
    return 0


def _planning_s(redis_url: str, folder: Path, identity: ModelIdentity, references: int) -> float:
    # As for a catalogue that was embedded before: each reference has the key of its picture.
    items = [Item(f"{number:08}", f"images/{number % 1000:03}/{number:08}.jpg") for number in range(references)]
    keys = {(item.image, item.crop): sha256(item.id.encode()).digest() for item in items}
    queue = ShardQueue(redis_url, identity.version)
    try:
        started = time.perf_counter()
        out = folder / "planned"
        with _embedding(items, folder, out, identity, folder / "plans", queue, SHARD_REFERENCES) as planning:
            job = planning.plan(range(references), keys, UnfinishedJobs(out))
            planning.publish(job, range(job.shards))
            return time.perf_counter() - started
    finally:
        queue.close()


def _rates(
    redis_url: str, catalogue: Path, identity: ModelIdentity, source: str, pictures: int, rounds: int
) -> tuple[list[float], list[float]]:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise BenchmarkError("two workers need two cores; leave out the catalogue to measure planning alone")
    opened = open_catalogue(catalogue)
    if not isinstance(opened.root, Path):
        raise BenchmarkError("this benchmark reads pictures from a folder; name a catalogue on this machine")
    chosen = np.sort(np.random.default_rng(0).permutation(len(opened.items))[:pictures])
    items, root = [opened.items[number] for number in chosen], opened.root.resolve()
    one: list[float] = []
    two: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        shared = Path(folder) / "shared"
        for number in range(rounds):
            for rates, using in ((one, cores[:1]), (two, cores[:2])):
                with _workers(redis_url, source, root, shared, Path(folder), using):
                    rates.append(_rate(redis_url, items, root, identity, shared))
            print(f"round {number + 1}: one {one[-1]:.1f}, two {two[-1]:.1f} pictures/s", flush=True)
    return one, two


@contextmanager
def _workers(
    redis_url: str, source: str, root: Path, shared: Path, folder: Path, cores: Sequence[int]
) -> Iterator[None]:
    """Inside, a worker runs on each of some cores."""
    command = [sys.executable, "-m", "lookalike", "extract-worker", "--checkpoint", source, "--device", "cpu"]
    options = ["--workers", "1", "--shared", str(shared), "--roots", str(root)]
    with ExitStack() as stack:
        logs = []
        for core in cores:
            log = folder / f"{core}.log"
            process = subprocess.Popen(
                [*command, *options],
                env={**os.environ, "REDIS_URL": redis_url},
                stdout=subprocess.DEVNULL,
                stderr=stack.enter_context(log.open("wb")),
                preexec_fn=partial(os.sched_setaffinity, 0, {core}),
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            logs.append((process, log))
        for process, log in logs:
            while _READY not in log.read_text():
                if process.poll() is not None:
                    raise BenchmarkError(f"a worker did not start: {log.read_text()[-500:]}")
                time.sleep(0.05)
        yield


def _rate(redis_url: str, items: Sequence[Item], root: Path, identity: ModelIdentity, shared: Path) -> float:
    queue = ShardQueue(redis_url, identity.version)
    try:
        with tempfile.TemporaryDirectory() as out:
            with _embedding(items, root, Path(out), identity, shared, queue) as pictures:
                report = update_folder(items, root, Path(out), identity, pictures)
            return report.items / report.seconds
    finally:
        queue.close()


def _embedding(
    items: Sequence[Item],
    root: Path,
    out: Path,
    identity: ModelIdentity,
    shared: Path,
    queue: ShardQueue,
    size: int = _SIZE,
) -> WorkersEmbed:
    out.mkdir(exist_ok=True)
    return WorkersEmbed(
        items,
        root,
        follow_links=False,
        folder=out,
        model=identity.version,
        work=WorkFolder(shared),
        queue=queue,
        say=_unheard,
        size=size,
    )


def _unheard(_line: str) -> None:
    """Nobody follows a benchmark."""
