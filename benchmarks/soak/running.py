"""Run a soak: record, load, break, compare, print."""

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.soak.faults import FAULTS, KILLED_API, Service
from benchmarks.soak.requests import Answer, Question, Verdict, ask, judge, make_questions
from contracts.errors import BenchmarkError, LaunchError
from contracts.settings_names import FILE_SUFFIX, REDIS_URL
from index.bundle import open_current
from pictures.formats import SUFFIXES
from storage.run_file import embedded_redis_url

_HOST: Final = "127.0.0.1"
_ITEMS: Final = 50
_START_TIMEOUT_S: Final = 120.0
_RECOVERY_TIMEOUT_S: Final = 120.0
_BEFORE_FAULT_S: Final = 1.0
# Of a caller, between two requests: this measures faults, not speed.
_PAUSE_S: Final = 0.02


@dataclass(slots=True)
class _Phase:
    """What came of one fault.

    Attributes:
        verdicts: number of answers, by (kind of question, verdict).
        wrong: a sentence about each wrong answer.
        recovery_s: from the end of the fault until a photo was answered rightly.
    """

    verdicts: Counter[tuple[str, Verdict]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    recovery_s: float = 0.0

    def total(self, verdict: Verdict) -> int:
        return sum(count for (_, its), count in self.verdicts.items() if its == verdict)


def run(
    bundles: Path,
    *,
    photos: Path,
    photo_count: int,
    clients: int,
    seconds: int,
    faults: Sequence[str] | None,
    seed: int,
) -> int:
    """Serve a bundle, do one fault after the other under load, and print a table and a line of JSON.

    Args:
        bundles: folder of index bundles.
        photos: folder of customers' photos, searched recursively.
        photo_count: number of different photos.
        clients: number of concurrent callers with pictures, and as many with questions about items.
        seconds: length of the load around each fault.
        faults: their names; None: all.
        seed: of the choice of items, photos and their order.

    Returns:
        1 if an answer was wrong, or a question about items had none although the API ran; else 0.

    Raises:
        BenchmarkError: there are no photos, a fault is unknown, or an answer without a fault is no good to
            compare with.
        LaunchError: the service does not start, or does not recover.
    """
    chance = random.Random(seed)  # noqa: S311 - draws requests, no secrets
    unknown = set(faults or ()) - FAULTS.keys()
    if unknown:
        raise BenchmarkError(f"there is no fault {', '.join(sorted(unknown))}; there are: {', '.join(FAULTS)}")
    files = sorted(path for path in photos.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise BenchmarkError(f"there are no photos in {photos}; pass a folder of customers' photos with --photos")
    items = open_current(bundles).items
    ids = [items.id(chance.randrange(len(items))) for _ in range(_ITEMS)]
    questions = make_questions(ids, [path.read_bytes() for path in chance.sample(files, min(photo_count, len(files)))])
    with _served(bundles) as (service, port):
        recorded = {question: ask(_HOST, port, question) for question in questions}
        _check(recorded)
        phases = {}
        for name in faults or FAULTS:
            phases[name] = _phase(name, service, port, recorded, clients=clients, seconds=seconds, chance=chance)
            _print(name, phases[name])
    spoiled = [name for name, phase in phases.items() if phase.wrong or not _items_answered(name, phase)]
    print(json.dumps({name: _figures(phase) for name, phase in phases.items()}))
    return 1 if spoiled else 0


def _check(recorded: dict[Question, Answer]) -> None:
    for question, answer in recorded.items():
        good = answer.status in (413, 415, 422) if question.kind == "bad picture" else answer.status == 200
        if not good:
            raise BenchmarkError(
                f"without any fault, {question.method} {question.path} ({question.kind}) was answered "
                f"{answer.status}: {answer.detail}; choose photos that the service accepts"
            )


def _phase(
    name: str,
    service: Service,
    port: int,
    recorded: dict[Question, Answer],
    *,
    clients: int,
    seconds: int,
    chance: random.Random,
) -> _Phase:
    phase, lock, stop = _Phase(), threading.Lock(), threading.Event()

    def load(order: Sequence[Question]) -> None:
        while not stop.is_set():
            for question in order:
                if stop.is_set():
                    return
                answer = ask(_HOST, port, question)
                verdict = judge(answer, recorded[question])
                time.sleep(_PAUSE_S)
                with lock:
                    phase.verdicts[question.kind, verdict] += 1
                    if verdict == "wrong":
                        phase.wrong.append(
                            f"{question.method} {question.path}: {answer} instead of {recorded[question]}"
                        )

    # Callers of their own, or questions about items would wait for photos.
    about_items = [question for question in recorded if question.kind == "item"]
    others = [question for question in recorded if question.kind != "item"]
    orders = [chance.sample(half, len(half)) for _ in range(clients) for half in (about_items, others)]
    threads = [threading.Thread(target=load, args=(order,)) for order in orders]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        time.sleep(_BEFORE_FAULT_S)
        FAULTS[name](service)
        over = time.monotonic()
        photo = next(question for question in recorded if question.kind == "photo")
        while judge(ask(_HOST, port, photo), recorded[photo]) != "right":
            if time.monotonic() - over > _RECOVERY_TIMEOUT_S:
                raise LaunchError(f"{_RECOVERY_TIMEOUT_S:.0f} s after {name!r} photos are still not answered")
            time.sleep(0.05)
        phase.recovery_s = time.monotonic() - over
        time.sleep(max(0.0, started + seconds - time.monotonic()))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return phase


def _items_answered(name: str, phase: _Phase) -> bool:
    missing = phase.verdicts["item", "refused"] + phase.verdicts["item", "unanswered"]
    return name == KILLED_API or missing == 0


def _figures(phase: _Phase) -> dict[str, float]:
    verdicts: tuple[Verdict, ...] = ("right", "refused", "unanswered", "wrong")
    return {**{verdict: phase.total(verdict) for verdict in verdicts}, "recovery_s": round(phase.recovery_s, 2)}


def _print(name: str, phase: _Phase) -> None:
    figures = _figures(phase)
    print(
        f"{name:20} {figures['right']:>7,.0f} right {figures['refused']:>7,.0f} refused "
        f"{figures['unanswered']:>5,.0f} unanswered {figures['wrong']:>4,.0f} wrong; photos again after "
        f"{phase.recovery_s:.1f} s",
        flush=True,
    )
    for sentence in phase.wrong[:5]:
        print(f"  {sentence}")
    if not _items_answered(name, phase):
        print("  questions about items had no answer although the API ran")


@contextmanager
def _served(bundles: Path) -> Iterator[tuple[Service, int]]:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port = int(probe.getsockname()[1])
    environment = {
        name: value for name, value in os.environ.items() if name not in {REDIS_URL, REDIS_URL + FILE_SUFFIX}
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "lookalike", "serve", str(bundles), "--host", _HOST, "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            deadline = time.monotonic() + _START_TIMEOUT_S
            while ask(_HOST, port, Question("", "GET", "/readyz")).status != 200:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise LaunchError("`lookalike serve` did not get ready")
                time.sleep(0.1)
            yield Service(process.pid, embedded_redis_url(bundles) or ""), port
        except LaunchError as error:
            log.seek(0)
            raise LaunchError(f"{error}; its log ends with\n{log.read()[-3000:].decode(errors='replace')}") from error
        finally:
            process.terminate()
            process.wait(60)
