"""Searches are compiled in another process for as long as the block runs, never longer."""

import contextlib
import sys

import psutil
import pytest

from launch.compiling import compiling_searches

pytestmark = pytest.mark.services


def children() -> list[psutil.Process]:
    """Child processes that compile; those of other tests may be ending meanwhile."""
    compiling = []
    for child in psutil.Process().children():
        # A zombie's command line cannot be read; psutil's ZombieProcess is a NoSuchProcess.
        with contextlib.suppress(psutil.NoSuchProcess):
            if "index.exact.compiling_ahead" in child.cmdline():
                compiling.append(child)
    return compiling


def test_waiting_means_that_it_is_done() -> None:
    with compiling_searches() as wait_until_compiled:
        assert len(children()) == 1
        assert wait_until_compiled() == 0
    assert children() == []


def interrupted() -> None:
    with compiling_searches():
        assert len(children()) == 1
        raise KeyboardInterrupt


def test_it_ends_with_the_block_however_that_ends() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert children() == []


def test_a_failure_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with compiling_searches() as wait_until_compiled:
        assert wait_until_compiled() != 0
