"""Promotion and rollback on real bundles: what they make current, refuse, keep and survive."""

import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import BundleError
from index.building import build_bundle
from index.bundle import open_bundle, open_current
from index.bundle_manifest import FULL_EMBEDDINGS, ITEMS, MANIFEST
from index.current_version import current_version, set_current
from index.listing import bundle_list, list_bundles
from index.versions.budget import Budget
from index.versions.golden import GOLDEN
from index.versions.history import HISTORY, read_history
from index.versions.hold import LOCK
from index.versions.promotion import Promotion, promote
from index.versions.pruning import remove_old
from index.versions.rolling_back import Rollback, roll_back
from storage.held_folder import held
from tests.drawn_sets import MODEL, MakeSet
from tests.index.version_folders import OTHER_MODEL, add_version, copy_version, shop
from tests.sudden_death import DISK_CALLS

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DieAt = Callable[..., int]


@pytest.fixture(scope="session")
def versions_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("versions") / "bundles"
    return folder, [
        add_version(folder, shop(60), 0),
        add_version(folder, shop(62, noise=0.06, seed=1), 1, components=25),
        add_version(folder, shop(60, shuffled=True), 2),
    ]


@pytest.fixture
def versions(versions_once: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, str, str, str]:
    """A folder of bundles: the current one, a good candidate, and one whose pictures were mixed up."""
    folder, (current, good, bad) = versions_once
    return Path(shutil.copytree(folder, tmp_path / "bundles")), current, good, bad


def promoted(bundles: Path, version: str, **options: Any) -> Promotion:
    options = {"worker_problem": None, "relevant": ["kind"], "budget": Budget(min_overlap=0.2), "now": NOW} | options
    return promote(bundles, version, **options)


def rolled_back(bundles: Path) -> Rollback:
    return roll_back(bundles, worker_problem=None, now=NOW)


def state(bundles: Path) -> dict[str, object]:
    """Everything that a refusal must not change."""
    texts = [bundles / "CURRENT", bundles / HISTORY]
    return {
        "files": sorted(path.name for path in bundles.iterdir() if path.name != LOCK),
        **{path.name: path.read_bytes() for path in texts if path.exists()},
    }


def test_a_good_version_becomes_current(versions: tuple[Path, str, str, str]) -> None:
    bundles, current, good, _ = versions
    promotion = promoted(bundles, good)
    assert promotion.promoted
    assert (promotion.version, promotion.previous, current_version(bundles)) == (good, current, good)
    assert promotion.comparison is not None
    assert promotion.comparison.items.added.count == 2
    assert all(check.passed for check in promotion.checks)
    assert promotion.not_compared is None
    (line,) = read_history(bundles)
    assert (line.at, line.action, line.previous, line.version) == ("2026-11-24T09:30:00Z", "promote", current, good)


def test_a_bad_version_is_refused_and_nothing_changes(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, _, bad = versions
    before = state(bundles)
    promotion = promoted(bundles, bad)
    assert not promotion.promoted
    assert [check.name for check in promotion.checks if not check.passed] == ["overlap@10", "fine recall"]
    assert state(bundles) == before
    assert promoted(bundles, bad, budget=Budget(0.0, 1.0, 0.0)).promoted


def test_fewer_golden_answers_refuse(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, good, bad = versions
    (bundles / GOLDEN).write_text('[{"item": "i0", "expected": ["i4", "i8", "i12", "i16", "i20", "i24"]}]')
    promotion = promoted(bundles, bad, budget=Budget(0.0, 1.0, 1.0))
    assert [check.name for check in promotion.checks if not check.passed] == ["golden queries"]
    (bundles / GOLDEN).write_text("[")
    before = state(bundles)
    with pytest.raises(BundleError, match=r"golden\.json"):
        promoted(bundles, good)
    assert state(bundles) == before


def test_lost_items_refuse(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, _, _ = versions
    smaller = add_version(bundles, shop(56), 3)
    promotion = promoted(bundles, smaller)
    assert [check.name for check in promotion.checks if not check.passed] == ["items lost"]
    assert promoted(bundles, smaller, budget=Budget(max_items_lost=0.07)).promoted


def test_the_worker_of_the_candidates_model_is_asked_for(versions: tuple[Path, str, str, str]) -> None:
    bundles, current, good, _ = versions
    other = add_version(bundles, shop(60, model=OTHER_MODEL), 3)
    asked: list[str] = []

    def only_the_old_one(model: str) -> str | None:
        asked.append(model)
        return None if model == MODEL.version else "no worker anywhere"

    before = state(bundles)
    with pytest.raises(BundleError, match=rf"no worker anywhere.*--offline.*{current} stays current"):
        promoted(bundles, other, worker_problem=only_the_old_one)
    assert state(bundles) == before
    assert promoted(bundles, good, worker_problem=only_the_old_one).promoted
    assert asked == [OTHER_MODEL.version, MODEL.version]
    assert promoted(bundles, other, worker_problem=None).promoted
    with pytest.raises(BundleError, match="no worker anywhere"):
        roll_back(bundles, worker_problem=lambda model: "no worker anywhere", now=NOW)
    assert current_version(bundles) == other


@pytest.mark.parametrize("version", ["../x", "", ".", "/etc", "x" * 1000, "20261123T101500Z-3f9a2", "CURRENT", "a\0b"])
def test_what_is_no_version_is_never_joined_to_a_path(versions: tuple[Path, str, str, str], version: str) -> None:
    bundles, _, _, _ = versions
    before = state(bundles)
    with pytest.raises(BundleError, match=r"is not a version.*lookalike index list") as caught:
        promoted(bundles, version)
    assert len(str(caught.value)) < 500
    assert state(bundles) == before


def test_what_is_not_there_or_current_already_is_refused(versions: tuple[Path, str, str, str], tmp_path: Path) -> None:
    bundles, current, good, _ = versions
    before = state(bundles)
    with pytest.raises(BundleError, match="has no version 20250101T000000Z-000000"):
        promoted(bundles, "20250101T000000Z-000000")
    with pytest.raises(BundleError, match="is already current"):
        promoted(bundles, current)
    for folder in (tmp_path / "absent", bundles / "CURRENT"):
        with pytest.raises(BundleError, match=r"is not a folder.*lookalike index build"):
            promoted(folder, good)
        with pytest.raises(BundleError, match="is not a folder"):
            rolled_back(folder)
    assert state(bundles) == before


def test_a_damaged_version_is_refused(versions: tuple[Path, str, str, str]) -> None:
    bundles, current, good, _ = versions
    before = state(bundles)
    for name in (MANIFEST, ITEMS, FULL_EMBEDDINGS):
        path = bundles / good / name
        content = path.read_bytes()
        for damaged in (None, content[:-1], content[:100], bytes([content[0] ^ 1]) + content[1:]):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            with pytest.raises(BundleError, match=rf"{good} is refused.*{current} stays current") as caught:
                promoted(bundles, good)
            assert name in str(caught.value)
            path.write_bytes(content)
    assert state(bundles) == before
    assert promoted(bundles, good).promoted


def test_a_folder_under_anothers_name_is_refused(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, good, _ = versions
    (bundles / good).rename(bundles / "20261130T000000Z-aaaaaa")
    with pytest.raises(BundleError, match=f"contains the version {good}"):
        promoted(bundles, "20261130T000000Z-aaaaaa")


@pytest.mark.parametrize("content", [None, b"", b"nonsense\n", b"20250101T000000Z-000000\n"])
def test_without_a_current_version_to_open_the_files_alone_count(
    versions: tuple[Path, str, str, str], content: bytes | None
) -> None:
    bundles, _, _, bad = versions
    (bundles / "CURRENT").unlink()
    if content is not None:
        (bundles / "CURRENT").write_bytes(content)
    promotion = promoted(bundles, bad)
    assert promotion.promoted
    assert promotion.comparison is None
    assert promotion.not_compared is not None
    assert current_version(bundles) == bad


def test_a_damaged_current_version_can_be_left(versions: tuple[Path, str, str, str]) -> None:
    bundles, current, good, _ = versions
    (bundles / current / ITEMS).write_bytes(b"torn")
    promotion = promoted(bundles, good)
    assert promotion.promoted
    assert "cannot be opened" in str(promotion.not_compared)
    with pytest.raises(BundleError, match=rf"{current} is refused.*{ITEMS}.*{good} stays current"):
        rolled_back(bundles)
    assert current_version(bundles) == good


def test_rolling_back_goes_further_back_each_time(versions: tuple[Path, str, str, str]) -> None:
    bundles, first, second, third = versions
    promoted(bundles, second)
    promoted(bundles, third, budget=Budget(0.0, 1.0, 1.0))
    rollback = rolled_back(bundles)
    assert (rollback.previous, rollback.version, rollback.next_target, rollback.items) == (third, second, first, 62)
    assert current_version(bundles) == second
    assert rolled_back(bundles).next_target is None
    assert current_version(bundles) == first
    with pytest.raises(BundleError, match=rf"served before {first} is left.*lookalike index promote"):
        rolled_back(bundles)
    assert current_version(bundles) == first
    promoted(bundles, third, budget=Budget(0.0, 1.0, 1.0))
    assert rolled_back(bundles).version == first
    actions = [line.action for line in read_history(bundles)]
    assert actions == ["promote", "promote", "rollback", "rollback", "promote", "rollback"]


def test_a_folder_from_before_there_was_a_history(versions: tuple[Path, str, str, str]) -> None:
    bundles, first, second, third = versions
    set_current(bundles, third)
    assert [summary.is_rollback_target for summary in list_bundles(bundles)] == [False, True, False]
    assert rolled_back(bundles).version == second
    assert rolled_back(bundles).version == first
    with pytest.raises(BundleError, match="is left"):
        rolled_back(bundles)


def test_rolling_back_without_a_current_version_says_what_to_do(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, _, _ = versions
    (bundles / "CURRENT").write_text("nonsense\n")
    with pytest.raises(BundleError, match="lookalike index promote"):
        rolled_back(bundles)


def test_the_list_says_what_is_current_and_what_rollback_returns_to(versions: tuple[Path, str, str, str]) -> None:
    bundles, first, second, third = versions
    promoted(bundles, third, budget=Budget(0.0, 1.0, 1.0))
    listed = bundle_list(bundles)
    assert listed.problem is None
    assert [summary.version for summary in listed.bundles] == [first, second, third]
    assert [summary.is_current for summary in listed.bundles] == [False, False, True]
    assert [summary.is_rollback_target for summary in listed.bundles] == [True, False, False]
    assert listed.bundles[1].size_bytes == sum(path.stat().st_size for path in (bundles / second).iterdir())
    (bundles / HISTORY).write_text("{\n")
    listed = bundle_list(bundles)
    assert "line 1, is damaged" in str(listed.problem)
    assert not any(summary.is_rollback_target for summary in listed.bundles)


def many(bundles: Path, version: str, days: range) -> list[str]:
    return [copy_version(bundles, version, f"202701{day:02}T000000Z-aaaaaa") for day in days]


def test_old_bundles_are_removed_by_count(versions: tuple[Path, str, str, str]) -> None:
    bundles, first, second, third = versions
    later = many(bundles, second, range(1, 6))
    promotion = promoted(bundles, later[3], keep=3)
    assert promotion.pruning is not None
    # `first` was current, so a rollback returns to it; later[4] is newer than the current one.
    assert promotion.pruning.removed == (second, third, later[0])
    assert [summary.version for summary in list_bundles(bundles)] == [first, later[1], later[2], later[3], later[4]]
    assert not list(bundles.glob(".tmp-*"))
    assert promoted(bundles, later[1], keep=1).pruning is not None
    # The others are newer, and later[3] is what a rollback returns to; `first` is only old now.
    assert [summary.version for summary in list_bundles(bundles)] == later[1:]
    assert rolled_back(bundles).version == later[3]
    with pytest.raises(ValueError, match="keep"):
        remove_old(bundles, later[3], keep=0)


def test_a_refused_version_costs_no_old_one(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, _, bad = versions
    before = state(bundles)
    assert not promoted(bundles, bad, keep=1).promoted
    assert state(bundles) == before


def test_a_removed_bundle_goes_on_answering_where_it_is_open(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, second, _ = versions
    later = many(bundles, second, range(1, 3))
    opened = open_bundle(bundles / second)
    assert opened.version == second
    promotion = promoted(bundles, later[1], keep=1)
    assert promotion.pruning is not None
    assert second in promotion.pruning.removed
    row = opened.items.row("i7")
    assert row is not None
    assert opened.gallery.search(opened.gallery.reduced(row), limit=1).rows.tolist() == [row]
    assert opened.items.image(row) == "7.jpg"
    assert opened.full_embeddings.sum() != 0


def test_a_linked_bundle_is_left_where_it_is(versions: tuple[Path, str, str, str], tmp_path: Path) -> None:
    bundles, _, second, third = versions
    (bundles / second).rename(tmp_path / second)
    (bundles / second).symlink_to(tmp_path / second)
    promotion = promoted(bundles, third, keep=1, budget=Budget(0.0, 1.0, 1.0))
    assert promotion.pruning is not None
    assert promotion.pruning.removed == ()
    assert open_bundle(bundles / second).version == second


def test_killed_at_any_step_of_a_promotion(
    versions: tuple[Path, str, str, str], die_at: DieAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Removing a bundle, file by file, can be killed too.
    monkeypatch.setitem(vars(sys.modules[die_at.__module__]), "DISK_CALLS", (*DISK_CALLS, "unlink", "rmdir"))
    bundles, first, second, _ = versions
    (newest,) = many(bundles, second, range(1, 2))
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
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        with pytest.raises(BundleError, match=r"cannot be written.*free disk space"):
            promoted(bundles, good)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
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
