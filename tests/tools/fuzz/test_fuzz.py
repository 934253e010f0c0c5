"""A short run of the fuzzer over everything, and the fuzzer itself."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.fuzz.all_targets import TARGETS
from tools.fuzz.fuzzing import fuzz
from tools.fuzz.target import Check, Target

REPOSITORY = Path(__file__).parents[3]
SEED = 11
CASES = {
    "heads": 250,
    "queries": 1500,
    "multipart": 2000,
    "json_photos": 1500,
    "pictures": 150,
    "replies": 6000,
    "remembered": 1000,
    "bundles": 40,
    "feeds": 600,
    "tokens": 3000,
}


@pytest.mark.filterwarnings("ignore:.*required additional header parsing:UserWarning")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.services if name == "heads" else ()) for name in TARGETS]
)
def test_no_input_does_harm(name: str) -> None:
    run = fuzz(TARGETS[name], seed=SEED, cases=CASES[name])
    assert run.crash is None, run.crash.report
    assert run.cases == CASES[name]


def picky() -> Target:
    """Cannot bear a NUL."""

    def check(data: bytes) -> None:
        if b"\x00" in data:
            raise ZeroDivisionError

    @contextmanager
    def opened() -> Iterator[Check]:
        yield check

    return Target("picky", opened, lambda: [b"hello", b"world" * 20])


def test_harm_is_found_and_found_again() -> None:
    run = fuzz(picky(), seed=1, cases=10_000)
    assert run.crash is not None
    assert "ZeroDivisionError" in run.crash.report
    again = fuzz(picky(), seed=1, first=run.crash.case, cases=1).crash
    assert again == run.crash
    other = fuzz(picky(), seed=2, cases=10_000).crash
    assert other is not None
    assert other.data != run.crash.data


def test_what_takes_too_long_is_harm() -> None:
    def check(data: bytes) -> None:
        for _ in range(1_000_000):
            data.find(b"x")

    @contextmanager
    def opened() -> Iterator[Check]:
        yield check

    run = fuzz(Target("slow", opened, lambda: [b"a"], limit_s=0.001), seed=0, cases=5)
    assert run.crash is not None
    assert "of processor time" in run.crash.report


def test_the_command_says_what_it_did_and_how_to_do_it_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.fuzz", "--target", "replies", "--seed", "3", "--seconds", "0.5"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"seed 3\nreplies: [0-9,]+ inputs, none did harm\n", done.stdout)
