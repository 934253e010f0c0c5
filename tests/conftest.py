"""What the tests of several rooms share."""

import os

# Before PyTorch is loaded: where pytest runs in several processes, each of them and whatever it starts computes in one
# thread, or their threads would wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable

import hypothesis
import pytest

from tests.drawn_sets import MakeSet, draw_set
from tests.sudden_death import run_and_die_at

# How long one example takes is the machine's business.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture
def make_set() -> MakeSet:
    return draw_set


@pytest.fixture
def die_at() -> Callable[..., int]:
    return run_and_die_at
