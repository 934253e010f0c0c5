"""Which old bundles a promotion removes."""

from pathlib import Path

import pytest

from index.bundle import open_bundle
from index.listing import list_bundles
from index.versions.budget import Budget
from index.versions.pruning import remove_old
from tests.index.promoting import promoted, rolled_back, state
from tests.index.version_folders import daily_copies


def test_old_bundles_are_removed_by_count(versions: tuple[Path, str, str, str]) -> None:
    bundles, first, second, third = versions
    later = daily_copies(bundles, second, range(1, 6))
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
    later = daily_copies(bundles, second, range(1, 3))
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
