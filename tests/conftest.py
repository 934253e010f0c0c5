"""What the tests of several rooms share."""

import os

# Before PyTorch is loaded: where pytest runs in several processes, each of them and whatever it starts computes in one
# thread, or their threads would wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.drawn_sets import MakeSet, draw_set
from tests.storage.object_server import ObjectServer, object_server
from tests.sudden_death import run_and_die_at

# Only then, because it imports nearly everything.
if "LOOKALIKE_TEST_SEARCH" in os.environ:
    from tests.postgresql_for_all import everything_served_elsewhere

    __all__ = ["everything_served_elsewhere"]

# How long one example takes is the machine's business.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")

# Every process collects all tests, which takes a sixth less time where nobody looks for garbage meanwhile.
gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage again, but not among tests and modules: that would take half a second each time."""
    gc.freeze()
    gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """In the pass of the tests marked `alone`, import only the files that have some, and no room without any."""
    if config.option.markexpr != "alone":
        return None
    files = collection_path.rglob("test_*.py") if collection_path.is_dir() else [collection_path]
    return None if any(b"mark.alone" in file.read_bytes() for file in files) else True


@pytest.fixture
def make_set() -> MakeSet:
    return draw_set


@pytest.fixture
def die_at() -> Callable[..., int]:
    return run_and_die_at


@pytest.fixture(scope="session")
def object_server_once() -> Iterator[ObjectServer]:
    with object_server() as server:
        yield server


@pytest.fixture
def objects(object_server_once: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> ObjectServer:
    """A real object store; the AWS_* variables lead to it, with the right to write."""
    for name, value in object_server_once.variables().items():
        monkeypatch.setenv(name, value)
    return object_server_once
