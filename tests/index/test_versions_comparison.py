"""What two bundles answer, beside slow oracles."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from contracts.embedding_set import EmbeddingSet
from contracts.errors import BundleError
from contracts.items import Item
from index.bundle import Bundle
from index.versions.budget import Budget, judge
from index.versions.bundle_folder import open_version
from index.versions.comparison import Comparison, compare
from index.versions.fine_recall import usual_attributes
from index.versions.golden import GoldenQuery
from index.versions.replay import common_items, sample_of
from index.versions.table import as_table, refusal
from tests.index.version_folders import OTHER_MODEL, add_version, shop


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compared")


@pytest.fixture(scope="module")
def old(folder: Path) -> Bundle:
    return open_version(folder, add_version(folder, shop(60), 0))


@pytest.fixture(scope="module")
def grown(folder: Path) -> Bundle:
    """Of another network, with items 6 to 69, one of them relabelled."""
    embedding_set = shop(64, first=6, noise=0.3, seed=3, model=OTHER_MODEL)
    items = list(embedding_set.items)
    items[4] = replace(items[4], attributes={"title": "item 10", "kind": "Trousers"})
    # Another order of the members is no change.
    items[5] = replace(items[5], attributes={"title": "item 11", "kind": "Hat"})
    return open_version(folder, add_version(folder, replace(embedding_set, items=items), 1))


@pytest.fixture(scope="module")
def shuffled(folder: Path) -> Bundle:
    return open_version(folder, add_version(folder, shop(60, shuffled=True), 2))


def first_ten(bundle: Bundle, item: str) -> list[str]:
    """The window of re-ranking holds the whole shop, so the full cosines alone decide."""
    rows = bundle.full_embeddings.astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    row = bundle.items.row(item)
    assert row is not None
    cosines = (np.rint(rows @ rows[row] * 2.0**40) / 2.0**40).astype(np.float32)
    ranked = sorted(range(len(rows)), key=lambda other: (-cosines[other], other))
    return [bundle.items.id(other) for other in ranked if other != row][:10]


def kind(bundle: Bundle, item: str) -> str:
    row = bundle.items.row(item)
    assert row is not None
    return str(orjson.loads(bundle.items.attributes_json(row))["kind"])


def test_overlap_and_fine_recall_are_those_of_a_slow_search(old: Bundle, grown: Bundle) -> None:
    comparison = compare(old, grown, relevant=["kind"])
    common = [f"i{n}" for n in range(6, 60)]
    overlaps, rights = [], []
    for item in common:
        before, after = first_ten(old, item), first_ten(grown, item)
        overlaps.append(len(set(before) & set(after)) / 10)
        rights.append((kind(old, item) == kind(old, before[0]), kind(grown, item) == kind(grown, after[0])))
    assert comparison.sampled == 54
    assert comparison.overlap == pytest.approx(np.mean(overlaps))
    assert 0.0 < np.mean(overlaps) < 1.0
    recall = comparison.recall
    assert recall is not None
    assert recall.queries == 54
    assert (recall.old, recall.new) == pytest.approx(tuple(np.mean(rights, axis=0)))
    differences = [int(after) - int(before) for before, after in rights]
    assert recall.standard_error == pytest.approx(np.std(differences) / np.sqrt(54))
    assert recall.new < recall.old  # the relabelled item, if nothing else
    smallest = sorted(overlaps)[:10]
    assert [query.overlap for query in comparison.most_changed] == pytest.approx(smallest)
    for query in comparison.most_changed:
        assert list(query.old) == first_ten(old, query.item)
        assert list(query.new) == first_ten(grown, query.item)


def test_all_attributes_must_agree(old: Bundle) -> None:
    recall = compare(old, old, relevant=["kind", "title"]).recall
    assert recall is not None
    assert recall.attributes == ("kind", "title")
    assert (recall.old, recall.new, recall.standard_error) == (0.0, 0.0, 0.0)
    kinds, titles = recall.by_attribute
    assert kinds.old > 0.9
    assert titles.old == 0.0


def test_items_added_removed_and_relabelled_are_told_apart(old: Bundle, grown: Bundle) -> None:
    items = compare(old, grown, sample=0).items
    assert (items.added.count, items.added.first) == (10, tuple(f"i{n}" for n in range(60, 70)))
    assert (items.removed.count, items.removed.first) == (6, tuple(f"i{n}" for n in range(6)))
    assert (items.relabelled.count, items.relabelled.first) == (1, ("i10",))
    assert items.lost == pytest.approx(0.1)


def test_both_sides_say_what_they_are(old: Bundle, grown: Bundle) -> None:
    comparison = compare(old, grown, sample=0)
    assert (comparison.old.version, comparison.new.version) == (old.version, grown.version)
    assert (comparison.old.items, comparison.new.items) == (60, 64)
    assert (comparison.new.model, comparison.new.components, comparison.new.scaling) == (OTHER_MODEL.version, 20, "l2")
    assert 0.5 < comparison.old.explained_variance <= 1.0
    assert (comparison.overlap, comparison.recall, comparison.most_changed) == (None, None, ())


def test_a_bundle_beside_itself_differs_in_nothing(old: Bundle) -> None:
    comparison = compare(old, old)
    assert comparison.overlap == 1.0
    assert comparison.most_changed == ()
    assert (comparison.items.added.count, comparison.items.lost) == (0, 0.0)
    assert all(check.passed for check in judge(comparison, Budget(1.0, 0.0, 0.0)))


def test_the_sample_is_drawn_the_same_way_every_time(old: Bundle, grown: Bundle) -> None:
    drawn = sample_of(common_items(old, grown), 20)
    assert drawn == sample_of(common_items(old, grown), 20)
    assert len(set(drawn)) == 20
    assert drawn != [f"i{n}" for n in range(6, 26)]
    assert set(drawn) <= {f"i{n}" for n in range(6, 60)}
    assert compare(old, grown, sample=20).sampled == 20


def test_progress_counts_golden_and_sampled_queries(old: Bundle) -> None:
    seen: list[tuple[int, int]] = []
    compare(
        old,
        old,
        golden=[GoldenQuery("i1", ("i5",))],
        sample=3,
        progress=lambda done, of, _figures="", /: seen.append((done, of)),
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_golden_answers_are_counted(old: Bundle, grown: Bundle) -> None:
    before = first_ten(old, "i20")
    after = first_ten(grown, "i20")
    golden = [
        GoldenQuery("i20", tuple(before)),
        GoldenQuery("i0", tuple(first_ten(old, "i0")[:2])),  # gone from the new bundle
        GoldenQuery("i69", ("i65",)),  # not yet in the old one
        GoldenQuery("nobody", ("i1",)),
    ]
    recall = compare(old, grown, golden=golden, sample=0).golden
    assert recall is not None
    assert (recall.queries, recall.expected) == (4, 14)
    assert recall.old == 12
    assert recall.new == len(set(before) & set(after)) + ("i65" in first_ten(grown, "i69"))
    assert recall.losses[0].lost == tuple(item for item in before if item not in after)
    assert (recall.losses[1].item, recall.losses[1].missing) == ("i0", True)
    assert len(recall.losses) == 2


def attributes_of(tmp_path: Path, known: int, values: int, prefix: str) -> Bundle:
    items = [
        Item(f"i{n}", "x.jpg", {"a": f"{prefix}{n % values}"} if n < known else {}) for n in range(len(shop(20).items))
    ]
    return open_version(tmp_path, add_version(tmp_path, replace(shop(20), items=items), 0))


@pytest.mark.parametrize(
    ("known", "values", "prefix", "taken"),
    [(10, 2, "v", ["a"]), (9, 2, "v", []), (20, 1, "v", []), (20, 20, "v", ["a"]), (20, 3, "", [])],
)
def test_attributes_that_tell_kinds_apart_are_taken(
    tmp_path: Path, known: int, values: int, prefix: str, taken: list[str]
) -> None:
    bundle = attributes_of(tmp_path, known, values, prefix)
    assert usual_attributes(bundle, bundle) == taken


def test_over_200_values_tell_no_kinds_apart(tmp_path: Path) -> None:
    for rows, taken in ((200, ["kind", "title"]), (201, ["kind"])):
        bundle = open_version(tmp_path, add_version(tmp_path, shop(rows), 0))
        assert usual_attributes(bundle, bundle) == taken


def test_an_attribute_of_one_side_is_not_taken_and_named_when_asked_for(tmp_path: Path, old: Bundle) -> None:
    bare = open_version(tmp_path, add_version(tmp_path, plain(shop(60)), 0))
    comparison = compare(old, bare)
    assert comparison.recall is None
    assert "fine recall is left out" in comparison.notes[0]
    with pytest.raises(BundleError, match=r"attribute 'kind'.*none in common"):
        compare(old, bare, relevant=["kind"])
    with pytest.raises(BundleError, match=r"attribute 'colour'.*both have: kind, title"):
        compare(old, old, relevant=["kind", "colour"])


def plain(embedding_set: EmbeddingSet) -> EmbeddingSet:
    return replace(embedding_set, items=[replace(item, attributes={}) for item in embedding_set.items])


def test_shops_with_nothing_in_common(tmp_path: Path, old: Bundle) -> None:
    other = open_version(tmp_path, add_version(tmp_path, shop(20, first=500), 0))
    comparison = compare(old, other)
    assert (comparison.overlap, comparison.items.lost, comparison.sampled) == (None, 1.0, 0)
    assert any("no item is in both" in note for note in comparison.notes)
    assert [check.name for check in judge(comparison, Budget()) if not check.passed] == ["items lost"]


def test_a_shop_of_two_items_is_compared(tmp_path: Path) -> None:
    tiny = open_version(tmp_path, add_version(tmp_path, shop(2), 0))
    assert compare(tiny, tiny, relevant=["kind"]).overlap == 1.0


def failed(comparison: Comparison, budget: Budget) -> list[str]:
    return [check.name for check in judge(comparison, budget) if not check.passed]


def test_each_limit_holds_exactly(old: Bundle, grown: Bundle) -> None:
    comparison = compare(old, grown, relevant=["kind"])
    assert comparison.recall is not None
    assert comparison.overlap is not None
    loss = comparison.recall.old - comparison.recall.new
    assert failed(comparison, Budget(comparison.overlap, loss, 0.1)) == []
    assert failed(comparison, Budget(comparison.overlap + 1e-6, loss, 0.1)) == ["overlap@10"]
    assert failed(comparison, Budget(comparison.overlap, loss - 1e-6, 0.1)) == ["fine recall"]
    assert failed(comparison, Budget(comparison.overlap, loss, 0.1 - 1e-6)) == ["items lost"]


def test_another_network_may_change_more_than_the_same_one(old: Bundle, shuffled: Bundle, grown: Bundle) -> None:
    comparison = replace(compare(old, old), overlap=0.3)
    assert failed(comparison, Budget()) == ["overlap@10"]
    assert failed(replace(comparison, new=replace(comparison.new, model="x")), Budget()) == []
    assert failed(replace(comparison, new=replace(comparison.new, model="x"), overlap=0.04), Budget()) == ["overlap@10"]
    assert failed(compare(old, shuffled, relevant=["kind"]), Budget()) == ["overlap@10", "fine recall"]


def test_fewer_golden_answers_fail_and_more_pass(old: Bundle, shuffled: Bundle) -> None:
    golden = [GoldenQuery("i20", tuple(first_ten(old, "i20")))]
    forward = compare(old, shuffled, golden=golden, sample=0)
    assert failed(forward, Budget()) == ["golden queries"]
    assert failed(compare(shuffled, old, golden=golden, sample=0), Budget()) == []
    said = as_table(forward, judge(forward, Budget()), with_queries=True)
    assert "golden queries" in said
    assert "i20" in said
    assert "golden.json" in refusal(judge(forward, Budget()))


def test_the_table_says_all_that_differs(old: Bundle, grown: Bundle) -> None:
    comparison = compare(old, grown, relevant=["kind"])
    said = as_table(comparison, judge(comparison, Budget(max_recall_loss=0.0)), with_queries=True)
    for part in (
        f"{old.version} -> {grown.version}",
        f"resnet18-0123456789ab -> {OTHER_MODEL.version}",
        "60 -> 64",
        "i60, i61",
        "of the variance",
        "FAILS",
        "Answers that changed most",
        comparison.most_changed[0].item,
    ):
        assert part in said
    assert "Answers that changed most" not in as_table(comparison, (), with_queries=False)
    mends = refusal(judge(comparison, Budget(max_recall_loss=0.0))).splitlines()
    assert len(mends) == 2
    assert "--max-items-lost 0.1" in mends[0]
    assert "--max-recall-loss" in mends[1]
