"""A compacted bundle holds what a build of the same items with the same reduction would, bit for bit."""

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from contracts.changed_item import ChangedItem
from contracts.errors import BundleError
from contracts.items import Item
from index.building import build_bundle
from index.bundle import Bundle, open_bundle, open_current
from index.bundle_manifest import read_manifest
from index.compaction import compact, make_current
from index.current_version import current_version, set_current
from index.listing import list_bundles
from index.live_index import LiveIndex
from index.part_searcher import PartSearcher
from index.versions.history import read_history
from index.versions.promotion import promote
from index.versions.rolling_back import roll_back
from index.versions.served_order import rollback_target
from tests.drawn_sets import draw_embeddings, draw_set
from tests.full_disk import files_of_at_most
from tests.index.fresh_bundle import Truth, changed, fresh
from tests.index.live_questions import answers
from tests.index.version_folders import NOW
from tests.sudden_death import DISK_CALLS

CATALOGUE = "0f8fad5b-d9cb-469f-a165-70867728950e"


def truth_of(rows: int) -> dict[str, Truth]:
    drawn = draw_set(rows)
    return {item.id: Truth(row, item, drawn.embeddings[row]) for row, item in enumerate(drawn.items)}


def change_some(truth: dict[str, Truth]) -> list[ChangedItem]:
    """Deletes, replaces, relabels and adds some items; the changes, in the order of their sequence."""
    ids = list(truth)
    new = draw_embeddings(8, seed=5)
    for item_id in ids[:4]:
        del truth[item_id]
    for place, item_id in enumerate(ids[10:13]):
        item = Item(item_id, f"sha256:{place:064x}", {"note": "7", "year": "unknown"})
        truth[item_id] = Truth(truth[item_id].number, item, new[place])
    relabelled = truth[ids[20]]
    truth[ids[20]] = replace(relabelled, item=replace(relabelled.item, attributes={"colour": "Écru"}))
    for place in range(3, 8):
        truth[f"new/{place}"] = Truth(
            1000 + place, Item(f"new/{place}", f"{place}.jpg", {"note": str(place)}), new[place]
        )
    touched = [*ids[:4], *ids[10:13], ids[20], *(f"new/{place}" for place in range(3, 8))]
    return [changed(truth.get(item_id), item_id, 7 + place, place) for place, item_id in enumerate(touched)]


def compacted(base: Bundle, changes: Sequence[ChangedItem], bundles: Path) -> str:
    return compact(base, changes, bundles, sequence=50, catalogue=CATALOGUE, now=datetime.now(UTC))


def test_a_compaction_is_a_fresh_build_bit_for_bit(bundles: Path) -> None:
    base, truth = open_current(bundles), truth_of(60)
    changes = change_some(truth)
    version = compacted(base, changes, bundles)
    assert current_version(bundles) == base.version
    bundle, expected = open_bundle(bundles / version), fresh(base, truth)
    assert bundle.numbers is not None
    assert (bundle.catalogue, bundle.sequence, bundle.numbers.tolist()) == (CATALOGUE, 50, expected.numbers.tolist())  # type: ignore[union-attr]
    assert bundle.gallery.vectors().tobytes() == expected.gallery.vectors().tobytes()
    assert bundle.full_embeddings.tobytes() == expected.full_embeddings.tobytes()
    assert bundle.reduction.matrix.tobytes() == base.reduction.matrix.tobytes()
    for row in range(len(bundle.items)):
        assert bundle.items.record(row) == expected.items.record(row)
    assert list(bundle.attributes.columns) == list(expected.attributes.columns)
    for name, column in expected.attributes.columns.items():
        other = bundle.attributes.columns[name]
        assert (other.values, other.counts, other.kind.settings()) == (
            column.values,
            column.counts,
            column.kind.settings(),
        )
        assert bundle.attributes.codes(name).tolist() == expected.attributes.codes(name).tolist()
    assert (bundle.scoring, bundle.resemblance_from) == (base.scoring, base.resemblance_from)
    live = LiveIndex.of(base).changed(changes)
    asked = [*list(truth)[::7], "unknown"]
    for seed in range(20):
        drawn = [
            answers(searcher, np.random.default_rng(seed), asked, draw_embeddings(1, seed=seed)[0])
            for searcher in (live.searcher, LiveIndex.of(bundle).searcher, PartSearcher.of(bundle))
        ]
        assert drawn[0] == drawn[1] == drawn[2]


def test_a_compacted_bundle_is_compacted_again(bundles: Path) -> None:
    base, truth = open_current(bundles), truth_of(60)
    first = open_bundle(bundles / compacted(base, change_some(truth), bundles))
    item_id, known = "new/5", truth["new/5"]
    truth[item_id] = replace(known, item=Item(item_id, "x.jpg", {"note": "9", "year": "2031"}))
    old = changed(None, "new/6", 49, 0)
    version = compacted(first, [old, changed(truth[item_id], item_id, 51, 0)], bundles)
    second, expected = open_bundle(bundles / version), fresh(first, truth)
    # A change that the bundle already holds changes nothing.
    assert [second.items.id(row) for row in range(len(second.items))] == [
        expected.items.id(row) for row in range(len(expected.items))
    ]
    assert second.gallery.vectors().tobytes() == expected.gallery.vectors().tobytes()


def test_a_column_without_values_keeps_its_kind(bundles: Path) -> None:
    base, truth = open_current(bundles), truth_of(60)
    assert base.attributes.columns["year"].kind.name == "number"
    for row, (item_id, known) in enumerate(truth.items()):
        attributes = {"colour": "Black", **({"year": "soon"} if row < 3 else {})}
        truth[item_id] = replace(known, item=replace(known.item, attributes=attributes))
    changes = [changed(known, item_id, 7, 0) for item_id, known in truth.items()]
    bundle = open_bundle(bundles / compacted(base, changes, bundles))
    again = open_bundle(bundles / compacted(bundle, [], bundles))
    item_id, known = "shop/äö 9", truth["shop/äö 9"]
    dated = changed(replace(known, item=Item(item_id, "x.jpg", {"year": "2031"})), item_id, 51, 0)
    for searcher in (
        LiveIndex.of(base).changed(changes).searcher,
        PartSearcher.of(bundle),
        LiveIndex.of(again).searcher,
    ):
        assert [column.name for column in searcher.attributes()] == ["colour"]
    for live in (LiveIndex.of(base).changed([*changes, dated]), LiveIndex.of(again).changed([dated])):
        assert [(column.name, column.kind) for column in live.searcher.attributes()] == [
            ("colour", "text"),
            ("year", "number"),
        ]


def test_a_bundle_needs_an_item(bundles: Path) -> None:
    base = open_current(bundles)
    gone = [changed(None, item_id, 7, 0) for item_id in truth_of(60)]
    assert LiveIndex.of(base).changed(gone).items == 0
    with pytest.raises(BundleError, match=f"no item is left of {base.version}"):
        compacted(base, gone, bundles)
    assert [bundle.version for bundle in list_bundles(bundles)] == [base.version]


def test_a_compaction_becomes_current_only_instead_of_its_base(bundles: Path) -> None:
    base, truth = open_current(bundles), truth_of(60)
    changes = change_some(truth)
    first, second = compacted(base, changes, bundles), compacted(base, changes, bundles)
    assert make_current(bundles, first, instead_of=base.version)
    assert not make_current(bundles, second, instead_of=base.version)
    assert current_version(bundles) == first
    (line,) = read_history(bundles)
    assert (line.action, line.previous, line.version) == ("compact", base.version, first)
    with pytest.raises(BundleError, match="has no bundle"):
        make_current(bundles, "20261123T101500Z-3f9a2c", instead_of=first)
    assert current_version(bundles) == first


def test_a_rollback_steps_over_compactions(bundles: Path) -> None:
    older, truth = open_current(bundles), truth_of(60)
    promoted = build_bundle(draw_set(60), bundles, now=NOW.replace(year=NOW.year + 1)).version
    promote(bundles, promoted, worker_problem=None, now=NOW)
    base = open_bundle(bundles / promoted)
    for _ in range(3):
        version = compacted(base, change_some(dict(truth)), bundles)
        assert make_current(bundles, version, instead_of=base.version)
        base = replace(open_bundle(bundles / version), sequence=0)
        assert rollback_target(bundles) == older.version
    assert roll_back(bundles, worker_problem=None, now=NOW).version == older.version
    assert rollback_target(bundles) is None


def test_a_compaction_of_the_first_bundle_leaves_nothing_to_roll_back_to(bundles: Path) -> None:
    base = open_current(bundles)
    version = compacted(base, change_some(truth_of(60)), bundles)
    assert make_current(bundles, version, instead_of=base.version)
    assert rollback_target(bundles) is None


def test_a_clock_set_back_makes_no_compaction_a_version_to_roll_back_to(bundles: Path) -> None:
    base = open_current(bundles)
    for year in (2020, 2021):
        now = NOW.replace(year=year)
        changes = change_some(truth_of(60))
        version = compact(base, changes, bundles, sequence=50, catalogue=CATALOGUE, now=now)
        assert make_current(bundles, version, instead_of=base.version)
        base = replace(open_bundle(bundles / version), sequence=0)
        assert rollback_target(bundles) is None


def test_a_change_of_current_that_was_cut_off_does_not_count(bundles: Path) -> None:
    base = open_current(bundles)
    version = compacted(base, change_some(truth_of(60)), bundles)
    assert make_current(bundles, version, instead_of=base.version)
    # As if the process had been killed between the two.
    set_current(bundles, base.version)
    assert rollback_target(bundles) is None
    assert make_current(bundles, version, instead_of=base.version)
    assert current_version(bundles) == version


def test_the_manifest_takes_over_what_was_measured(bundles: Path) -> None:
    base = open_current(bundles)
    version = compacted(base, change_some(truth_of(60)), bundles)
    old, new = read_manifest(bundles / base.version), read_manifest(bundles / version)
    taken = ("model", "catalogue_root", "components", "scaling", "whitened", "explained_variance", "near_from")
    assert [getattr(new, name) for name in taken] == [getattr(old, name) for name in taken]


def test_killed_at_any_step_there_is_the_old_bundle_or_the_new_one(
    bundles: Path, die_at: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Removing a bundle, file by file, can be killed too.
    monkeypatch.setitem(vars(sys.modules[die_at.__module__]), "DISK_CALLS", (*DISK_CALLS, "unlink", "rmdir"))
    monkeypatch.setattr("index.compaction.KEPT", 1)
    base, changes = open_current(bundles), change_some(truth_of(60))
    start = bundles.parent / "start"
    shutil.copytree(bundles, start)

    def work() -> bool:
        return make_current(bundles, compacted(base, changes, bundles), instead_of=base.version)

    steps = die_at(None, work, after=False)
    assert steps >= 20
    seen = set()
    for step in range(1, steps + 1):
        shutil.rmtree(bundles)
        shutil.copytree(start, bundles)
        assert die_at(step, work, after=False) == -1
        for summary in list_bundles(bundles):
            assert open_bundle(bundles / summary.version).version == summary.version
        current = open_current(bundles)
        seen.add(current.sequence)
        assert rollback_target(bundles) is None
        if current.version == base.version:
            assert work()
            assert open_current(bundles).sequence == 50
    assert seen == {None, 50}


def test_a_full_disk_leaves_nothing_behind(bundles: Path) -> None:
    base, changes = open_current(bundles), change_some(truth_of(60))
    with files_of_at_most(20_000), pytest.raises(BundleError, match=r"cannot be written to .* free disk space"):
        compacted(base, changes, bundles)
    assert not list(bundles.glob(".tmp-*"))
    assert [bundle.version for bundle in list_bundles(bundles)] == [base.version]


def test_time_needs_a_zone(bundles: Path) -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        compact(open_current(bundles), [], bundles, sequence=1, catalogue=CATALOGUE, now=datetime(2026, 1, 1))
