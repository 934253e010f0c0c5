"""A promotion is judged by items that the networks were not trained on, and by attributes that look-alikes share."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contracts.embedding_set import EmbeddingSet
from contracts.hold_out import HeldOutBy, held_out
from index.bundle import Bundle
from index.versions.budget import Budget, judge
from index.versions.bundle_folder import open_version
from index.versions.comparison import Comparison, compare
from index.versions.golden import GoldenQuery
from tests.drawn_sets import MODEL
from tests.index.version_folders import OTHER_MODEL, add_version, shop

ROWS = 400


def bundle(folder: Path, embedding_set: EmbeddingSet, by: HeldOutBy = "unknown") -> Bundle:
    model = replace(embedding_set.model, held_out_by=by)
    return open_version(folder, add_version(folder, replace(embedding_set, model=model), 0))


def with_columns(embedding_set: EmbeddingSet, **columns: Sequence[str]) -> EmbeddingSet:
    items = [
        replace(item, attributes={**item.attributes, **{name: values[row] for name, values in columns.items()}})
        for row, item in enumerate(embedding_set.items)
    ]
    return replace(embedding_set, items=items)


def measured(comparison: Comparison, check: str) -> str:
    return next(one.measured for one in judge(comparison, Budget()) if one.name == check)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle(tmp_path_factory.mktemp("recorded"), shop(ROWS), "pictures")


def test_the_sample_is_of_held_out_items_and_golden_ones_are_counted(recorded: Bundle) -> None:
    out = {item.id for item, is_out in zip(shop(ROWS).items, held_out(shop(ROWS).items), strict=True) if is_out}
    golden = [GoldenQuery(item, ("i5",)) for item in (min(out), max(out), "i1")]
    assert "i1" not in out
    comparison = compare(recorded, recorded, golden=golden, sample=ROWS)
    assert comparison.held_out
    assert comparison.sampled == len(out) > 60
    assert measured(comparison, "golden queries").endswith("(3 queries, 2 of them held out from training)")
    assert measured(comparison, "fine recall").endswith(f"{len(out)} held-out queries)")
    assert not any("trained on" in note for note in comparison.notes)


def test_an_item_whose_picture_was_trained_on_is_not_sampled(tmp_path: Path) -> None:
    embedding_set = shop(ROWS)
    out = np.flatnonzero(held_out(embedding_set.items))
    trained = np.flatnonzero(~held_out(embedding_set.items))
    embedding_set.embeddings[out[:20]] = embedding_set.embeddings[trained[:20]]
    twins = bundle(tmp_path, embedding_set, "titles")
    assert compare(twins, twins, sample=ROWS).sampled == len(out) - 20


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("unknown", "the sample may hold items that were trained on: the bundle does not record what the training of"),
        ("nothing", f"the sample may hold items that were trained on: {MODEL.version} was trained on all items"),
        ("partitions", "held out the partitions of its catalogue, which bundles do not hold"),
    ],
)
def test_where_the_record_names_no_items_all_are_sampled_and_the_output_says_so(
    tmp_path: Path, recorded: Bundle, by: HeldOutBy, said: str
) -> None:
    other = replace(recorded, model=replace(MODEL, held_out_by=by))
    comparison = compare(recorded, other, golden=[GoldenQuery("i1", ("i5",))], sample=ROWS)
    assert (comparison.sampled, comparison.held_out) == (ROWS, False)
    assert said in comparison.notes[-1]
    assert measured(comparison, "golden queries").endswith("(1 queries, held out from training: unknown)")


def test_every_item_is_new_to_a_network_that_was_never_trained(recorded: Bundle) -> None:
    fresh = replace(recorded, model=replace(OTHER_MODEL, held_out_by="untrained"))
    assert compare(fresh, fresh, sample=ROWS).sampled == ROWS
    both = compare(recorded, fresh, sample=ROWS)
    assert (both.sampled, both.held_out) == (compare(recorded, recorded, sample=ROWS).sampled, True)


def test_of_a_few_held_out_items_nothing_could_be_told(tmp_path: Path) -> None:
    small = bundle(tmp_path, shop(60), "pictures")
    comparison = compare(small, small)
    assert (comparison.sampled, comparison.held_out) == (60, False)
    assert comparison.notes[-1].startswith("only ")


def test_columns_that_look_alikes_do_not_share_are_left_out_of_fine_recall(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    embedding_set = shop(ROWS)
    kinds = [item.attributes["kind"] for item in embedding_set.items]
    columns = with_columns(
        embedding_set,
        stock=draw.choice(["in stock", "sold out"], ROWS, p=[0.9, 0.1]).tolist(),
        season=[
            # Goes with the kind a little, as seasons do: shirts are mostly for summer.
            ("summer" if kind in {"Shirt", "Shoe"} else "winter")
            if draw.random() < 0.3
            else draw.choice(["summer", "winter"])
            for kind in kinds
        ],
        mostly=[kind if draw.random() < 0.9 else draw.choice(kinds) for kind in kinds],
    )
    one = bundle(tmp_path, columns)
    comparison = compare(one, one)
    assert comparison.recall is not None
    assert comparison.recall.attributes == ("kind", "mostly")
    (note,) = [note for note in comparison.notes if note.startswith("fine recall leaves out")]
    assert "season" in note
    assert "stock" in note
    asked = compare(one, one, relevant=["stock"]).recall
    assert asked is not None
    assert asked.attributes == ("stock",)


def test_siblings_do_not_make_a_column_repeat(tmp_path: Path) -> None:
    """Pictures of one product share its stock; that says nothing about other products."""
    embedding_set = shop(ROWS)
    draw = np.random.default_rng(3)
    centres = draw.standard_normal((ROWS // 8, 512)).astype(np.float32)
    embedding_set.embeddings[:] = centres.repeat(8, axis=0) + 0.01 * draw.standard_normal((ROWS, 512))
    stock = draw.choice(["in", "out"], ROWS // 8).repeat(8).tolist()
    titled = with_columns(embedding_set, title=[f"title {row // 8}" for row in range(ROWS)], stock=stock)
    one = bundle(tmp_path, titled)
    comparison = compare(one, one)
    assert comparison.recall is None or "stock" not in comparison.recall.attributes


def test_a_column_that_one_of_two_networks_finds_is_compared(tmp_path: Path) -> None:
    good = bundle(tmp_path / "good", shop(ROWS))
    bad = bundle(tmp_path / "bad", shop(ROWS, shuffled=True))
    for old, new in ((good, bad), (bad, good)):
        recall = compare(old, new).recall
        assert recall is not None
        assert recall.attributes == ("kind",)
