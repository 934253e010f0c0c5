"""Which versions of real bundles a promotion makes current, and which it refuses."""

from pathlib import Path

import pytest

from contracts.errors import BundleError
from index.bundle_manifest import FULL_EMBEDDINGS, ITEMS, MANIFEST
from index.current_version import current_version
from index.versions.budget import Budget
from index.versions.golden import GOLDEN
from index.versions.history import read_history
from index.versions.rolling_back import roll_back
from tests.drawn_sets import MODEL
from tests.index.promoting import NOW, promoted, rolled_back, state
from tests.index.version_folders import OTHER_MODEL, add_version, shop


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
    # Its network is served already, so the change needs no other worker.
    assert promoted(bundles, good, worker_problem=only_the_old_one).promoted
    assert asked == [OTHER_MODEL.version]
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
