import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contracts.errors import EmbeddingsError
from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import evaluate
from evaluation.findings import MetricsAt, SpaceFigures
from tests.evaluation.sets import ALL_SPACES, OTHER, clustered, make, settings


def shop(*rows: tuple[str, str, str]) -> list[Item]:
    return [Item(name, f"{name}.jpg", {"type": kind, "colour": colour}) for name, kind, colour in rows]


GALLERY = shop(("a", "Tee", "red"), ("b", "Tee", "blue"), ("c", "Shirt", "red"), ("d", "Tee", "red"))
# By angle from the first axis: a, b, c, d.
ANGLES = np.array([[1.0, 0.0], [1.0, 0.2], [1.0, 0.5], [1.0, 1.0]])


def at(figures: SpaceFigures, k: int) -> MetricsAt:
    return next(found for found in figures.at if found.k == k)


def slow_evaluation(
    gallery: EvaluatedSet, queries: EvaluatedSet, attributes: list[str], k: int, excluded: str | None
) -> tuple[int, float, float, float]:
    """Queries judged, recall@k, P@k and mAP@k in Python floats, everything sorted."""
    recall, precision, average = [], [], []
    for item, query in zip(queries.items, queries.embeddings.embeddings.astype(np.float64), strict=True):
        if any(name not in item.attributes for name in attributes):
            continue
        scored = []
        for row, (other, vector) in enumerate(
            zip(gallery.items, gallery.embeddings.embeddings.astype(np.float64), strict=True)
        ):
            sibling = (
                excluded is not None
                and excluded in item.attributes
                and other.attributes.get(excluded) == item.attributes[excluded]
            )
            if other.id != item.id and not sibling:
                cosine = float(query @ vector / np.linalg.norm(query) / np.linalg.norm(vector))
                right = all(other.attributes.get(name) == item.attributes[name] for name in attributes)
                scored.append((-cosine, row, right))
        relevant = sum(right for _, _, right in scored)
        if not relevant:
            continue
        first = [right for _, _, right in sorted(scored)][:k]
        recall.append(any(first))
        precision.append(sum(first) / k)
        average.append(sum(sum(first[: i + 1]) / (i + 1) for i in range(len(first)) if first[i]) / min(k, relevant))
    count = max(1, len(recall))
    return len(recall), sum(recall) / count, sum(precision) / count, sum(average) / count


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Tee", "Shirt", ""]), st.sampled_from(["red", "blue"]), st.sampled_from(["", "x", "y"])
        ),
        min_size=2,
        max_size=30,
    ),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 5, 10]),
    st.booleans(),
)
def test_an_evaluation_equals_a_slow_oracle(
    labels: list[tuple[str, str, str]], seed: int, k: int, without_siblings: bool
) -> None:
    generator = np.random.default_rng(seed)
    items = [
        Item(
            f"i{row}",
            "x.jpg",
            {"colour": colour} | ({"type": kind} if kind else {}) | ({"title": title} if title else {}),
        )
        for row, (kind, colour, title) in enumerate(labels)
    ]
    vectors = generator.standard_normal((len(items), 8))
    gallery = make(items, vectors)
    strangers = [Item(f"q{row}", "x.jpg", item.attributes) for row, item in enumerate(items[:3])]
    queries = make(
        [*items[2:6], *strangers], np.concatenate((vectors[2:6], generator.standard_normal((len(strangers), 8))))
    )
    if not any("type" in item.attributes for item in items):
        return
    asked = settings(["type", "colour"], exclude_same=["title"] if without_siblings else [])
    judged = slow_evaluation(gallery, queries, ["type", "colour"], k, None)[0]
    if not judged or (without_siblings and not any("title" in item.attributes for item in items)):
        with pytest.raises(EmbeddingsError):
            evaluate(gallery, queries, asked)
        return
    findings = evaluate(gallery, queries, asked).findings
    for measurement in findings.measurements:
        excluded = "title" if measurement.exclude_same else None
        expected = slow_evaluation(gallery, queries, ["type", "colour"], k, excluded)
        assert measurement.queries == expected[0]
        assert measurement.queries + measurement.unlabelled + measurement.without_relevant == len(queries.items)
        found = at(measurement.spaces[0], k)
        assert (found.recall.value, found.precision.value, found.mean_average_precision.value) == pytest.approx(
            expected[1:], abs=1e-9
        )
    measured = {bool(measurement.exclude_same) for measurement in findings.measurements}
    left = without_siblings and slow_evaluation(gallery, queries, ["type", "colour"], k, "title")[0] > 0
    assert measured == ({False, True} if left else {False})
    assert bool(findings.notes) == (without_siblings and not left)


def test_a_query_that_is_a_gallery_item_does_not_find_itself() -> None:
    gallery = make(GALLERY, ANGLES)
    findings = evaluate(gallery, gallery, settings(["type", "colour"])).findings
    (measurement,) = findings.measurements
    # a and d are right for each other, b and c for nothing else.
    assert (measurement.queries, measurement.without_relevant, measurement.unlabelled) == (2, 2, 0)
    assert findings.queries_in_gallery == 4
    assert measurement.spaces[0].recall_curve[:3] == [0.0, 0.0, 1.0]


def test_another_picture_of_a_gallery_item_may_find_it() -> None:
    gallery = make(GALLERY, ANGLES)
    queries = EvaluatedSet(gallery.embeddings, np.ones((4, 32), np.uint8))
    findings = evaluate(gallery, queries, settings(["type", "colour"])).findings
    assert findings.queries_in_gallery == 0
    assert findings.measurements[0].spaces[0].recall_curve[0] == 1.0


def test_each_meaning_of_relevant_gets_its_figures() -> None:
    gallery = make(GALLERY, ANGLES)
    findings = evaluate(gallery, gallery, settings(["type"], ["type", "colour"])).findings
    assert [measurement.relevant for measurement in findings.measurements] == [("type",), ("type", "colour")]
    assert [measurement.queries for measurement in findings.measurements] == [3, 2]


def test_classes_and_their_mean() -> None:
    gallery = make(GALLERY, ANGLES)
    queries = EvaluatedSet(gallery.embeddings, np.ones((4, 32), np.uint8))
    figures = evaluate(gallery, queries, settings(["type"])).findings.measurements[0].spaces[0]
    assert [(found.name, found.queries, found.recall_at_1) for found in figures.classes] == [
        ("Shirt", 1, 1.0),
        ("Tee", 3, 1.0),
    ]
    # All three tees and the one shirt are in every list of four; precision divides by ten.
    assert [found.precision_at_10 for found in figures.classes] == pytest.approx([0.1, 0.3])
    assert figures.macro_precision_at_10.value == pytest.approx(0.2)
    assert at(figures, 10).precision.value == pytest.approx((3 * 0.3 + 0.1) / 4)


def test_siblings_by_title_are_left_out_by_default_where_there_are_titles() -> None:
    gallery = clustered(["Tee", "Shirt", "Dress"], 20, noise=0.1, seed=1)
    found = evaluate(gallery, gallery, settings(["title"], ["type"], spaces=ALL_SPACES)).findings
    assert (found.group, found.exclude_same) == ("title", ("title",))
    # By title nothing is right once siblings are gone; by type enough is.
    assert [(each.relevant, each.exclude_same) for each in found.measurements] == [
        (("title",), ()),
        (("type",), ()),
        (("type",), ("title",)),
    ]
    assert "same title" in found.notes[0] or "share the query's title" in found.notes[0]
    assert found.measurements[1].groups == 30
    assert evaluate(gallery, gallery, settings(["type"], exclude_same=(), group="")).findings.exclude_same == ()


def test_every_space_leaves_siblings_out() -> None:
    # Three pictures of each title are alike, and everything else is strewn about.
    vectors = np.repeat(np.random.default_rng(2).standard_normal((20, 40)), 3, axis=0)
    items = [Item(f"i{row}", "x.jpg", {"title": f"t{row // 3}", "type": str(row // 3 % 10)}) for row in range(60)]
    gallery = make(items, vectors)
    findings = evaluate(gallery, gallery, settings(["type"], spaces=ALL_SPACES)).findings
    with_siblings, without = findings.measurements
    assert [figures.space for figures in without.spaces] == ["full", "reduced", "served"]
    for before, after in zip(with_siblings.spaces, without.spaces, strict=True):
        assert before.recall_curve[0] == 1.0
        assert after.recall_curve[0] < 0.4
    assert [fact.searches for fact in findings.spaces] == [120, 120, 120]


def test_the_served_space_is_the_reduced_one_re_ranked_by_the_full_one() -> None:
    gallery = clustered(["Tee", "Shirt", "Dress", "Skirt"], 30, noise=4.0, seed=3)
    queries = clustered(["Tee", "Shirt", "Dress", "Skirt"], 10, noise=4.0, seed=4, prefix="q")
    found = evaluate(gallery, queries, settings(["type"], spaces=ALL_SPACES)).found
    # The window holds the whole gallery, so the order is that of the full space (but for float16).
    agreement = (found["served"].rows == found["full"].rows).mean()
    assert agreement > 0.98
    assert (found["reduced"].rows != found["full"].rows).any()


def test_a_class_map_judges_the_first_attribute() -> None:
    gallery = make(GALLERY, ANGLES)
    photos = make(
        [
            Item("hat/1.jpg", "1.jpg", {"category": "hat"}),
            Item("top/1.jpg", "1.jpg", {"category": "top"}),
            Item("loose.jpg", "2.jpg"),
        ],
        np.array([[1.0, 0.0], [1.0, 0.5], [1.0, 1.0]]),
    )
    classes = {"top": frozenset({"Shirt", "Blouse"}), "hat": frozenset({"Caps"})}
    (measurement,) = evaluate(gallery, photos, settings(["type"], class_map=classes)).findings.measurements
    assert (measurement.queries, measurement.without_relevant, measurement.unlabelled) == (1, 1, 1)
    assert measurement.classes_by == "category"
    assert [found.name for found in measurement.spaces[0].classes] == ["top"]
    assert measurement.spaces[0].precision_curve[:2] == [1.0, 0.5]
    with pytest.raises(EmbeddingsError, match="category named in the class map, colour"):
        evaluate(gallery, photos, settings(["type", "colour"], class_map=classes))


def test_the_reduced_space_is_fitted_on_the_gallery() -> None:
    kinds = ["Tee", "Shirt", "Dress", "Skirt"]
    gallery = clustered(kinds, 30, noise=0.1, seed=5)
    queries = clustered(kinds, 10, noise=0.1, seed=6, prefix="q")
    findings = evaluate(gallery, queries, settings(["type"], spaces=("reduced",))).findings
    (fact,) = findings.spaces
    assert fact.components == 30
    assert fact.explained_variance is not None
    assert 0.9 < fact.explained_variance <= 1.0
    assert findings.measurements[0].spaces[0].precision_curve == [1.0] * 20


def test_what_cannot_be_evaluated_is_refused() -> None:
    gallery = make(GALLERY, ANGLES)
    with pytest.raises(EmbeddingsError, match=r"0123456789ab and the queries' from resnet18-ba98.*extract one of them"):
        evaluate(gallery, make(GALLERY, ANGLES, OTHER), settings(["type"]))
    with pytest.raises(EmbeddingsError, match=r"no gallery item has the attribute 'sleeve'.*colour, type"):
        evaluate(gallery, gallery, settings(["type", "sleeve"]))
    with pytest.raises(EmbeddingsError, match="none of the 1 queries can be judged"):
        evaluate(gallery, make([Item("q", "q.jpg")], ANGLES[:1]), settings(["type"]))
    with pytest.raises(EmbeddingsError, match="no gallery item is right for any"):
        evaluate(gallery, make(shop(("q", "Dress", "red")), ANGLES[:1]), settings(["type"]))
    with pytest.raises(EmbeddingsError, match="no items in the queries"):
        evaluate(gallery, make([], ANGLES[:0]), settings(["type"]))
    with pytest.raises(EmbeddingsError, match=r"no query has the attribute 'brand'.*colour, type"):
        evaluate(gallery, gallery, settings(["type"], group="brand"))
    with pytest.raises(EmbeddingsError, match=r"no gallery item has the attribute 'brand'.*--exclude-same"):
        evaluate(gallery, gallery, settings(["type"], exclude_same=["brand"]))
