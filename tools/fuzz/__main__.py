"""`python -m tools.fuzz`: fuzzes each target in a process of its own, under a memory limit."""

import argparse
import random
import resource
import subprocess
import sys
from pathlib import Path

from tools.fuzz.all_targets import TARGETS
from tools.fuzz.fuzzing import Crash, fuzz

# Above what the process has when it starts to fuzz.
_MEMORY_BYTES = 2 * 1024**3
_FOLDER = Path(".cache/fuzz")


def main() -> int:
    """Fuzz; returns 1 if an input did harm."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="for all targets together (600)")
    parser.add_argument("--seed", type=int, default=None, help="a whole number; the same one gives the same inputs")
    parser.add_argument("--target", choices=TARGETS, action="append", help="fuzz this one only; may be repeated")
    parser.add_argument("--case", type=int, default=None, help="run this one input of a seed and target again")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names: list[str] = options.target or list(TARGETS)
    seed: int = random.randrange(2**32) if options.seed is None else options.seed  # noqa: S311
    if options.inside or options.case is not None:
        return _fuzz_here(names[0], seed, options.seconds, options.case)
    print(f"seed {seed}", flush=True)
    statuses = [_fuzz_apart(name, seed, options.seconds / len(names)) for name in names]
    return int(any(statuses))


def _fuzz_apart(name: str, seed: int, seconds: float) -> int:
    arguments = ["--inside", "--target", name, "--seed", str(seed), "--seconds", str(seconds)]
    status = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tools.fuzz", *arguments], check=False
    ).returncode
    if status < 0:
        case = _note(name).read_text()
        print(f"{name}: the process was ended by signal {-status}; {_again(name, seed, int(case))}")
    return status


def _fuzz_here(name: str, seed: int, seconds: float, case: int | None) -> int:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    _limit_memory()
    with _note(name).open("w") as note:

        def began(number: int) -> None:
            note.seek(0)
            note.write(str(number))
            note.flush()

        if case is not None:
            run = fuzz(TARGETS[name], seed=seed, first=case, cases=1, began=began)
        else:
            run = fuzz(TARGETS[name], seed=seed, seconds=seconds, began=began)
    print(f"{name}: {run.cases:,} inputs, {'one did harm' if run.crash else 'none did harm'}", flush=True)
    if run.crash is None:
        return 0
    _report(run.crash)
    return 1


def _report(crash: Crash) -> None:
    kept = _FOLDER / f"{crash.target}-{crash.seed}-{crash.case}"
    kept.write_bytes(crash.data)
    print(crash.report)
    print(
        f"The input has {len(crash.data):,} bytes and is kept in {kept}; {_again(crash.target, crash.seed, crash.case)}"
    )


def _again(name: str, seed: int, case: int) -> str:
    return f"to run it again: python -m tools.fuzz --target {name} --seed {seed} --case {case}"


def _note(name: str) -> Path:
    """Where the number of the running case is, for when the process dies of it."""
    return _FOLDER / f"{name}.case"


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _MEMORY_BYTES,) * 2)


if __name__ == "__main__":
    sys.exit(main())
