"""Promotions and rollbacks that are killed, collide with each other or cannot write."""

import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import BundleError
from index.building import build_bundle
from index.bundle import open_bundle, open_current
from index.current_version import current_version
from index.listing import list_bundles
from index.versions.budget import Budget
from index.versions.history import read_history
from index.versions.hold import LOCK
from storage.held_folder import held
from tests.drawn_sets import MakeSet
from tests.full_disk import files_of_at_most
from tests.index.promoting import promoted, rolled_back, state
from tests.index.version_folders import daily_copies
from tests.sudden_death import DISK_CALLS

DieAt = Callable[..., int]


def test_killed_at_any_step_of_a_promotion(
    versions: tuple[Path, str, str, str], die_at: DieAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Removing a bundle, file by file, can be killed too.
    monkeypatch.setitem(vars(sys.modules[die_at.__module__]), "DISK_CALLS", (*DISK_CALLS, "unlink", "rmdir"))
    bundles, first, second, _ = versions
    (newest,) = daily_copies(bundles, second, range(1, 2))
    promoted(bundles, second)
    start = bundles.parent / "start"
    shutil.copytree(bundles, start)

    def work() -> object:
        return promoted(bundles, newest, keep=1, sample=1)

    steps = die_at(None, work, after=False)
    assert steps >= 18
    seen = set()
    # Before one call is after the one before it.
    for step in range(1, steps + 1):
        shutil.rmtree(bundles)
        shutil.copytree(start, bundles)
        assert die_at(step, work, after=False) == -1
        current = current_version(bundles)
        seen.add(current)
        for summary in list_bundles(bundles):
            assert open_bundle(bundles / summary.version).version == summary.version
        # Whatever was reached, the way back is the right one, and the work can be finished.
        if current == second:
            assert [summary.version for summary in list_bundles(bundles) if summary.is_rollback_target] == [first]
        else:
            assert rolled_back(bundles).version == second
        assert promoted(bundles, newest, keep=1, sample=1).promoted
        assert not [path for path in bundles.glob(".tmp-*") if path.is_dir()]
        assert [summary.version for summary in list_bundles(bundles)] == [second, newest]
    assert seen == {second, newest}


def test_killed_at_any_step_of_a_rollback(versions: tuple[Path, str, str, str], die_at: DieAt) -> None:
    bundles, first, second, third = versions
    promoted(bundles, second)
    promoted(bundles, third, budget=Budget(0.0, 1.0, 1.0))
    start = bundles.parent / "start"
    shutil.copytree(bundles, start)
    steps = die_at(None, lambda: rolled_back(bundles), after=False)
    assert steps >= 6
    seen = set()
    for step in range(1, steps + 1):
        shutil.rmtree(bundles)
        shutil.copytree(start, bundles)
        assert die_at(step, lambda: rolled_back(bundles), after=False) == -1
        current = open_current(bundles).version
        seen.add(current)
        if current == third:
            assert rolled_back(bundles).version == second
        assert rolled_back(bundles).version == first
    assert seen == {second, third}


def test_the_second_of_two_promoters_is_refused(versions: tuple[Path, str, str, str]) -> None:
    bundles, current, good, _ = versions
    with (
        held(bundles / LOCK, BundleError("not expected")),
        pytest.raises(BundleError, match="another promotion or rollback is under way"),
    ):
        promoted(bundles, good)
    with held(bundles / LOCK, BundleError("not expected")), pytest.raises(BundleError, match="under way"):
        rolled_back(bundles)
    assert current_version(bundles) == current


def _promote_again_and_again(bundles: Path, versions: list[str], start: Any, results: Any) -> None:
    start.wait()
    done = 0
    for turn in range(6):
        try:
            promoted(bundles, versions[turn % len(versions)], sample=1, budget=Budget(0.0, 1.0, 1.0), keep=9)
            done += 1
        except BundleError as error:
            if "under way" not in str(error) and "already current" not in str(error):
                raise
    results.put(done)


def test_promoters_at_the_same_time_leave_a_history_that_fits(versions: tuple[Path, str, str, str]) -> None:
    bundles, *names = versions
    fork = multiprocessing.get_context("fork")
    start, results = fork.Barrier(3), fork.Queue()
    children = [
        fork.Process(target=_promote_again_and_again, args=(bundles, names[n:] + names[:n], start, results))
        for n in range(3)
    ]
    for child in children:
        child.start()
    done = sum(results.get(timeout=60) for _ in children)
    for child in children:
        child.join()
        assert child.exitcode == 0
    history = read_history(bundles)
    assert len(history) == done
    assert done >= 1
    assert [line.previous for line in history] == [names[0], *(line.version for line in history[:-1])]
    assert current_version(bundles) == history[-1].version
    assert not list(bundles.glob(".tmp-*"))


def test_a_builder_is_not_kept_waiting_by_a_promotion(
    versions: tuple[Path, str, str, str], make_set: MakeSet, now: datetime
) -> None:
    bundles, current, _, _ = versions
    with held(bundles / LOCK, BundleError("not expected")):
        assert not build_bundle(make_set(20), bundles, now=now).is_current
    assert current_version(bundles) == current


@pytest.mark.parametrize("size", [0, 10])
def test_a_full_disk_leaves_current_alone(versions: tuple[Path, str, str, str], size: int) -> None:
    bundles, _, good, _ = versions
    before = state(bundles)
    with files_of_at_most(size), pytest.raises(BundleError, match=r"cannot be written.*free disk space"):
        promoted(bundles, good)
    assert state(bundles) == before
    assert promoted(bundles, good).promoted


def _is_refused_to_nobody(bundles: Path, version: str, said: Any) -> None:
    os.setuid(65534)
    try:
        promoted(bundles, version)
        said.put("promoted")
    except BundleError as error:
        said.put(str(error))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a user who may not write")
def test_a_folder_that_may_not_be_written_is_named(versions: tuple[Path, str, str, str]) -> None:
    bundles, current, good, _ = versions
    # All that pytest made for root alone; how many folders that are depends on how it was started.
    made = [folder for folder in bundles.parents if folder.is_relative_to(tempfile.gettempdir())][:-1]
    for folder in [bundles, *made]:
        folder.chmod(0o755)
    fork = multiprocessing.get_context("fork")
    said = fork.Queue()
    child = fork.Process(target=_is_refused_to_nobody, args=(bundles, good, said))
    child.start()
    message = said.get(timeout=60)
    child.join()
    assert "Permission denied" in message
    assert str(bundles) in message
    assert current_version(bundles) == current
