"""What the tests of several rooms share."""

from collections.abc import Callable

import pytest

from tests.drawn_sets import MakeSet, draw_set
from tests.sudden_death import run_and_die_at


@pytest.fixture
def make_set() -> MakeSet:
    return draw_set


@pytest.fixture
def die_at() -> Callable[..., int]:
    return run_and_die_at
