"""Versions that a real PostgreSQL holds: promoted, rolled back and pruned together with CURRENT."""

import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from contracts.errors import BundleError, SearchUnavailableError
from engines.engine import Engine
from engines.loading import load_version
from engines.opening import open_engine
from index.current_version import current_version
from index.versions.budget import Budget
from index.versions.golden import GOLDEN
from index.versions.rolling_back import roll_back
from tests.engines.versions.serving import current_in
from tests.index.promoting import NOW, promoted, state
from tests.index.version_folders import daily_copies
from tests.sudden_death import DISK_CALLS

DieAt = Callable[..., int]


def test_a_version_is_promoted_and_rolled_back_in_both(
    versions: tuple[Path, str, str], engine: Engine, url: str
) -> None:
    bundles, first, second = versions
    assert load_version(engine, bundles, first).is_current
    assert current_in(url) == [first]
    before = state(bundles)
    with pytest.raises(BundleError, match=rf"does not hold {second}; `lookalike index load.*{first} stays current"):
        promoted(bundles, second, engine=engine)
    assert state(bundles) == before
    load_version(engine, bundles, second)
    promotion = promoted(bundles, second, engine=engine)
    assert promotion.promoted
    assert promotion.comparison is not None
    # Asked of the engine, it answers as memory does.
    assert promotion.comparison == promoted_in_memory(versions, bundles)
    assert (current_version(bundles), current_in(url)) == (second, [second])
    assert roll_back(bundles, worker_problem=None, engine=engine, now=NOW).version == first
    assert (current_version(bundles), current_in(url)) == (first, [first])
    engine.remove(second)
    assert promoted(bundles, second).promoted
    engine.remove(first)
    with pytest.raises(BundleError, match=rf"{first} is refused: .* does not hold {first}"):
        roll_back(bundles, worker_problem=None, engine=engine, now=NOW)


def promoted_in_memory(versions: tuple[Path, str, str], bundles: Path) -> object:
    other = bundles.parent / "memory"
    shutil.copytree(bundles, other)
    (other / "CURRENT").write_text(f"{versions[1]}\n")
    (other / "history.jsonl").unlink()
    return promoted(other, versions[2]).comparison


def test_the_engine_is_asked_and_not_memory(
    versions: tuple[Path, str, str], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, first, second = versions
    for version in (first, second):
        load_version(engine, bundles, version)
    opened: list[str] = []
    real = type(engine).open

    def noted(self: Engine, version: str) -> object:
        opened.append(version)
        return real(self, version)

    monkeypatch.setattr(type(engine), "open", noted)
    assert promoted(bundles, second, engine=engine).promoted
    assert sorted(opened) == [first, second]


def test_an_approximate_version_is_measured_before_it_is_promoted(
    versions: tuple[Path, str, str], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, _, second = versions
    loaded = load_version(engine, bundles, second, approximate=True)
    assert loaded.recall is not None
    assert loaded.recall.queries == 62
    assert held_recall(engine, second) == loaded.recall.recall
    before = state(bundles)
    refused = promoted(bundles, second, engine=engine, budget=Budget(min_overlap=0.2, min_recall=1.1))
    assert [check.name for check in refused.checks if not check.passed] == ["recall"]
    assert "--min-recall" in refused.checks[-1].fix
    assert state(bundles) == before
    # Neither golden queries nor a sample: then nothing says how much it misses.
    unknown = promoted(bundles, second, engine=engine, sample=0)
    assert [check.name for check in unknown.checks if not check.passed] == ["recall"]
    (bundles / GOLDEN).write_text('[{"item": "i0", "expected": ["i1"]}]')
    assert promoted(bundles, second, engine=engine, sample=0).promoted
    # Without a current version there is nothing to compare with, and recall counts all the same.
    (bundles / "CURRENT").unlink()
    first_ever = promoted(bundles, second, engine=engine, budget=Budget(min_recall=1.1))
    assert not first_ever.promoted
    with pytest.raises(BundleError, match="loaded to be approximate; load it with --approximate"):
        load_version(engine, bundles, second)


def held_recall(engine: Engine, version: str) -> float | None:
    return next(held.recall for held in engine.versions() if held.version == version)


def test_old_versions_go_in_both_and_others_stay(
    versions: tuple[Path, str, str], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, first, second = versions
    (newest,) = daily_copies(bundles, second, range(1, 2))
    stranger = daily_copies(bundles, first, range(2, 3))[0]
    for version in (first, second, newest, stranger):
        load_version(engine, bundles, version)
    # Of another folder of bundles.
    shutil.rmtree(bundles / stranger)
    promoted(bundles, second, engine=engine)
    pruning = promoted(bundles, newest, engine=engine, keep=1).pruning
    assert pruning is not None
    assert pruning.removed == (first,)
    assert [held.version for held in engine.versions()] == [second, newest, stranger]

    def away(_self: Engine, _version: str) -> None:
        raise SearchUnavailableError("it is away")

    monkeypatch.setattr(type(engine), "remove", away)
    (later,) = daily_copies(bundles, newest, range(3, 4))
    load_version(engine, bundles, later)
    pruning = promoted(bundles, later, engine=engine, keep=1).pruning
    assert pruning is not None
    assert pruning.removed == ()
    assert "it is away" in str(pruning.problem)
    # What could not be removed in the engine stays in the folder, which so remembers it.
    assert (bundles / second).is_dir()
    monkeypatch.undo()


def test_killed_at_any_step_of_a_promotion(
    versions: tuple[Path, str, str],
    url: str,
    engine: Engine,
    die_at: DieAt,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(vars(sys.modules[die_at.__module__]), "DISK_CALLS", (*DISK_CALLS, "unlink", "rmdir"))
    bundles, first, second = versions
    for version in (first, second):
        load_version(engine, bundles, version)
    start = bundles.parent / "start"
    shutil.copytree(bundles, start)

    def work() -> object:
        with closing(open_engine(url)) as own:
            return promoted(bundles, second, sample=1, engine=own)

    steps = die_at(None, work, after=False)
    seen = set()
    for step in range(1, steps + 1):
        shutil.rmtree(bundles)
        shutil.copytree(start, bundles)
        engine.make_current(first)
        assert die_at(step, work, after=False) == -1
        current = current_version(bundles)
        seen.add((current, *current_in(url)))
        # The next command, even one that refuses, settles what was left in between.
        with pytest.raises(BundleError):
            promoted(bundles, current, engine=engine)
        assert current_in(url) == [current]
    # The engine comes first, so that one that is away stops the change before anything is written.
    assert seen == {(first, second), (second, second)}


def test_a_dead_engine_refuses_and_changes_nothing(versions: tuple[Path, str, str]) -> None:
    bundles, first, second = versions
    promoted(bundles, second)
    before = state(bundles)
    with closing(open_engine("postgresql://nobody:secret@127.0.0.1:9/none")) as dead:
        for change in (
            lambda: promoted(bundles, first, engine=dead),
            lambda: roll_back(bundles, worker_problem=None, engine=dead, now=NOW),
            lambda: load_version(dead, bundles, first),
        ):
            with pytest.raises(SearchUnavailableError) as caught:
                change()
            assert "secret" not in str(caught.value)
    assert state(bundles) == before


def test_a_disk_that_is_full_leaves_both_as_they_were(
    versions: tuple[Path, str, str], engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, first, second = versions
    for version in (first, second):
        load_version(engine, bundles, version)
    before = state(bundles)

    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.versions.switching.write_change", full)
    with pytest.raises(BundleError, match="No space left"):
        promoted(bundles, second, engine=engine)
    assert state(bundles) == before
    assert current_in(url) == [first]
