"""Run a soak: record, load, break, compare, print."""

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.soak.faults import FAULTS, WITHOUT_API, Service
from benchmarks.soak.load import Load, Outcomes
from benchmarks.soak.requests import Answer, Question, Verdict, ask, judge, make_questions
from benchmarks.soak.service import HOST, MemoryRecord, served
from contracts.errors import BenchmarkError, LaunchError
from index.bundle import open_current
from pictures.formats import SUFFIXES

_ITEMS: Final = 50
_RECOVERY_TIMEOUT_S: Final = 120.0
_BEFORE_FAULT_S: Final = 1.0
# Processes need their memory by then.
_SETTLED_S: Final = 120.0
_MOST_GROWTH: Final = 1.05
_VERDICTS: Final[tuple[Verdict, ...]] = ("right", "refused", "unanswered", "wrong")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What came of one fault.

    Attributes:
        name: of `FAULTS`.
        outcomes: of the questions from a moment before it until the next one.
        recovery_s: from its end until a photo was answered rightly.
    """

    name: str
    outcomes: Outcomes
    recovery_s: float

    @property
    def spoiled(self) -> str | None:
        """What should not have been, or None."""
        unanswered = {kind: self.outcomes.verdicts[kind, "unanswered"] for kind in ("item", "photo", "bad picture")}
        if self.outcomes.wrong:
            return f"{len(self.outcomes.wrong)} wrong answers"
        if self.name in WITHOUT_API:
            return None
        if refused := self.outcomes.verdicts["item", "refused"] + unanswered["item"]:
            return f"{refused} questions about items had no answer although the API ran"
        if any(unanswered.values()):
            return f"{sum(unanswered.values())} pictures had no answer at all"
        return f"{self.outcomes.late} answers came after the deadline" if self.outcomes.late else None


def run(
    bundles: Path,
    *,
    photos: Path,
    photo_count: int,
    clients: int,
    minutes: float,
    every_s: float,
    faults: Sequence[str] | None,
    seed: int,
) -> int:
    """Serve a bundle under load, do one fault after the other, and print a table and a line of JSON.

    Args:
        bundles: folder of index bundles.
        photos: folder of customers' photos, searched recursively.
        photo_count: number of different photos.
        clients: number of concurrent clients.
        minutes: length of the run. A fault that has begun is waited for.
        every_s: time from one fault to the next, seconds; longer where the service needs longer to recover.
        faults: their names; None: all. Each is done once before any is done again, in random order.
        seed: of the choice of items, photos, faults and their order.

    Returns:
        1 if an answer was wrong, late or missing although the API ran, or memory grew by more than 5 % after the
        first two minutes; else 0.

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
    done: list[_Fault] = []
    with served(bundles) as (service, port):
        recorded = {question: ask(HOST, port, question) for question in questions}
        _check(recorded)
        load = Load(HOST, port, recorded, clients=clients, seed=seed)
        started = time.monotonic()
        with MemoryRecord(service) as memory, load.running():
            for name in _shuffled(list(faults or FAULTS), chance):
                if time.monotonic() - started > minutes * 60:
                    break
                done.append(_one_fault(name, service, load, recorded, port, every_s=every_s))
                _print(done[-1])
    return _sum_up(done, memory)


def _shuffled(names: list[str], chance: random.Random) -> Iterator[str]:
    while True:
        yield from chance.sample(names, len(names))


def _check(recorded: dict[Question, Answer]) -> None:
    for question, answer in recorded.items():
        good = answer.status in (413, 415, 422) if question.kind == "bad picture" else answer.status == 200
        if not good:
            raise BenchmarkError(
                f"without any fault, {question.method} {question.path} ({question.kind}) was answered "
                f"{answer.status}: {answer.detail}; choose photos that the service accepts"
            )


def _one_fault(
    name: str, service: Service, load: Load, recorded: dict[Question, Answer], port: int, *, every_s: float
) -> _Fault:
    outcomes, started = load.next_outcomes(), time.monotonic()
    time.sleep(_BEFORE_FAULT_S)
    FAULTS[name](service)
    over = time.monotonic()
    photo = next(question for question in recorded if question.kind == "photo")
    while judge(ask(HOST, port, photo), recorded[photo]) != "right":
        if time.monotonic() - over > _RECOVERY_TIMEOUT_S:
            raise LaunchError(f"{_RECOVERY_TIMEOUT_S:.0f} s after {name!r} photos are still not answered")
        time.sleep(0.05)
    recovery_s = time.monotonic() - over
    time.sleep(max(0.0, started + every_s - time.monotonic()))
    return _Fault(name, outcomes, recovery_s)


def _print(fault: _Fault) -> None:
    counts = " ".join(f"{fault.outcomes.total(verdict):>7,.0f} {verdict}" for verdict in _VERDICTS)
    print(f"{fault.name:20} {counts}; photos again after {fault.recovery_s:.1f} s", flush=True)
    for sentence in fault.outcomes.wrong[:5]:
        print(f"  {sentence}")
    if fault.spoiled:
        print(f"  NOT GOOD: {fault.spoiled}")


def _sum_up(done: Sequence[_Fault], memory: MemoryRecord) -> int:
    totals: dict[str, int] = {verdict: sum(one.outcomes.total(verdict) for one in done) for verdict in _VERDICTS}
    totals["late"] = sum(fault.outcomes.late for fault in done)
    first = memory.most_mb(from_s=0, to_s=_SETTLED_S)
    later = memory.most_mb(from_s=_SETTLED_S, to_s=float("inf"))
    grown = later > _MOST_GROWTH * first
    print(", ".join(f"{count:,} {verdict}" for verdict, count in totals.items()))
    print(f"slowest recovery {max(fault.recovery_s for fault in done):.1f} s")
    print(
        f"memory at most {first:.0f} MB in the first two minutes"
        + (f", {later:.0f} MB after them{': GROWN' if grown else ''}" if later else "")
    )
    by_fault: dict[str, list[_Fault]] = {}
    for fault in done:
        by_fault.setdefault(fault.name, []).append(fault)
    faults = {
        name: {
            **{verdict: sum(one.outcomes.total(verdict) for one in its) for verdict in _VERDICTS},
            "times": len(its),
            "slowest_recovery_s": round(max(one.recovery_s for one in its), 2),
        }
        for name, its in by_fault.items()
    }
    print(json.dumps({**totals, "memory_first_mb": round(first), "memory_later_mb": round(later), "faults": faults}))
    return 1 if grown or any(fault.spoiled for fault in done) else 0
