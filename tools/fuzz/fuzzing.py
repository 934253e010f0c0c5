"""Runs mutated inputs through a target, and reports the first that does harm."""

import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from tools.fuzz.mutation import mutated
from tools.fuzz.target import Check, FaultError, Target


@dataclass(frozen=True, slots=True)
class Crash:
    """An input that did harm.

    Attributes:
        target: name of the target.
        seed: of the run.
        case: number of the input; with the seed it makes the same input again.
        data: the input.
        report: the traceback.
    """

    target: str
    seed: int
    case: int
    data: bytes
    report: str


@dataclass(frozen=True, slots=True)
class Run:
    """What a run found.

    Attributes:
        cases: number of inputs.
        crash: the first that did harm, or None.
    """

    cases: int
    crash: Crash | None


def fuzz(
    target: Target,
    *,
    seed: int,
    seconds: float | None = None,
    first: int = 0,
    cases: int | None = None,
    began: Callable[[int], None] = lambda _: None,
) -> Run:
    """Run inputs until time or number is up, or one does harm.

    Args:
        target: what reads them.
        seed: with the number of a case it decides the input.
        seconds: None for no limit of time.
        first: number of the first case.
        cases: how many at most; None for no limit.
        began: told the number of each case before it runs, for harm that ends the process.
    """
    done = 0
    with target.opened() as check:
        seeds = list(target.seeds())
        until = None if seconds is None else time.monotonic() + seconds
        while (cases is None or done < cases) and (until is None or time.monotonic() < until):
            case = first + done
            # The first cases are the seeds themselves: they must pass too.
            data = seeds[case] if case < len(seeds) else mutated(seeds, random.Random(f"{target.name} {seed} {case}"))  # noqa: S311
            began(case)
            report = _harm(target, check, data)
            done += 1
            if report is not None:
                return Run(done, Crash(target.name, seed, case, data, report))
    return Run(done, None)


def _harm(target: Target, check: Check, data: bytes) -> str | None:
    begun = time.process_time()
    try:
        check(data)
        took_s = time.process_time() - begun
        if took_s > target.limit_s:
            raise FaultError(f"took {took_s:.1f} s of processor time, more than {target.limit_s:g} s")
    except Exception:  # whatever it is, the target did not expect it
        return traceback.format_exc()
    return None
