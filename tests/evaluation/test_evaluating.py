import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from contracts.embedding_set import EmbeddingSet, ModelIdentity
from contracts.errors import EmbeddingsError
from contracts.items import Item
from evaluation.class_map import read_class_map
from evaluation.running import EvaluatedSet, EvaluationReport, evaluate, evaluate_folders
from evaluation.table import as_table
from index.embeddings_folder import write_embeddings

MODEL = ModelIdentity("resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 224)
OTHER = ModelIdentity("resnet18-ba9876543210", "resnet18", "imagenet:resnet18", 224)


def embeddings_of(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    wide = np.zeros((len(vectors), 512), np.float32)
    wide[:, : vectors.shape[1]] = vectors
    return wide


def make(items: list[Item], vectors: NDArray[np.float64], model: ModelIdentity = MODEL) -> EvaluatedSet:
    digests = np.zeros((len(items), 32), np.uint8)
    return EvaluatedSet(EmbeddingSet(items, embeddings_of(vectors), model, "/catalogue"), digests)


def shop(*rows: tuple[str, str, str]) -> list[Item]:
    return [Item(name, f"{name}.jpg", {"type": kind, "colour": colour}) for name, kind, colour in rows]


GALLERY = shop(("a", "Tee", "red"), ("b", "Tee", "blue"), ("c", "Shirt", "red"), ("d", "Tee", "red"))
# By angle from the first axis: a, b, c, d.
ANGLES = np.array([[1.0, 0.0], [1.0, 0.2], [1.0, 0.5], [1.0, 1.0]])


def slow_evaluation(
    gallery: EvaluatedSet, queries: EvaluatedSet, attributes: list[str], k: int
) -> tuple[int, float, float, float]:
    """Queries judged, recall@k, P@k and mAP@k in Python floats, everything sorted."""
    recall, precision, average = [], [], []
    for item, query in zip(queries.embeddings.items, queries.embeddings.embeddings.astype(np.float64), strict=True):
        if any(name not in item.attributes for name in attributes):
            continue
        scored = []
        for row, (other, vector) in enumerate(
            zip(gallery.embeddings.items, gallery.embeddings.embeddings.astype(np.float64), strict=True)
        ):
            if other.id != item.id:
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


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["Tee", "Shirt", ""]), st.sampled_from(["red", "blue"])), min_size=2, max_size=14
    ),
    st.integers(0, 2**32 - 1),
    st.integers(1, 5),
)
def test_an_evaluation_equals_a_slow_oracle(labels: list[tuple[str, str]], seed: int, k: int) -> None:
    generator = np.random.default_rng(seed)
    items = [
        Item(f"i{row}", "x.jpg", {"colour": colour} | ({"type": kind} if kind else {}))
        for row, (kind, colour) in enumerate(labels)
    ]
    vectors = generator.standard_normal((len(items), 8))
    gallery = make(items, vectors)
    strangers = [Item(f"q{row}", "x.jpg", item.attributes) for row, item in enumerate(items[:3])]
    queries = make(
        [*items[2:6], *strangers], np.concatenate((vectors[2:6], generator.standard_normal((len(strangers), 8))))
    )
    if not any("type" in item.attributes for item in items):
        return
    judged, recall, precision, average = slow_evaluation(gallery, queries, ["type", "colour"], k)
    if not judged:
        with pytest.raises(EmbeddingsError):
            evaluate(gallery, queries, relevant=["type", "colour"], space="full", ks=[k])
        return
    report = evaluate(gallery, queries, relevant=["type", "colour"], space="full", ks=[k])
    assert report.queries == judged
    assert report.queries + report.unlabelled + report.without_relevant == len(queries.embeddings.items)
    (at,) = report.metrics
    assert (at.recall, at.precision, at.mean_average_precision) == pytest.approx((recall, precision, average), abs=1e-9)


def test_a_query_that_is_a_gallery_item_does_not_find_itself() -> None:
    gallery = make(GALLERY, ANGLES)
    report = evaluate(gallery, gallery, relevant=["type", "colour"], space="full", ks=[1, 3])
    # a and d are right for each other, b and c for nothing else.
    assert (report.queries, report.without_relevant, report.unlabelled, report.excluded) == (2, 2, 0, 2)
    assert [at.recall for at in report.metrics] == [0.0, 1.0]


def test_another_picture_of_a_gallery_item_may_find_it() -> None:
    gallery = make(GALLERY, ANGLES)
    queries = EvaluatedSet(gallery.embeddings, np.ones((4, 32), np.uint8))
    report = evaluate(gallery, queries, relevant=["type", "colour"], space="full", ks=[1])
    assert (report.queries, report.excluded) == (4, 0)
    assert report.metrics[0].recall == 1.0


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
    report = evaluate(gallery, photos, relevant=["type"], class_map=classes, space="full", ks=[1, 2])
    assert (report.queries, report.without_relevant, report.unlabelled) == (1, 1, 1)
    assert [at.precision for at in report.metrics] == [1.0, 0.5]
    assert [at.mean_average_precision for at in report.metrics] == [1.0, 1.0]
    with pytest.raises(EmbeddingsError, match="category named in the class map, colour"):
        evaluate(gallery, photos, relevant=["type", "colour"], class_map=classes, space="full")


def test_the_reduced_space_is_fitted_on_the_gallery() -> None:
    generator = np.random.default_rng(3)
    kinds = ["Tee", "Shirt", "Dress", "Skirt"]
    centres = generator.standard_normal((4, 40)) * 3
    numbers = np.arange(160) % 4
    items = [Item(f"i{row}", "x.jpg", {"type": kinds[number]}) for row, number in enumerate(numbers)]
    vectors = centres[numbers] + generator.standard_normal((160, 40)) * 0.1
    gallery, queries = make(items[:120], vectors[:120]), make(items[120:], vectors[120:])
    report = evaluate(gallery, queries, relevant=["type"], space="reduced")
    assert report.components == 30
    assert report.explained_variance is not None
    assert 0.9 < report.explained_variance <= 1.0
    assert [(at.k, at.recall, at.precision) for at in report.metrics] == [(k, 1.0, 1.0) for k in (1, 5, 10, 20)]


def test_other_models_and_unknown_attributes_are_refused() -> None:
    gallery = make(GALLERY, ANGLES)
    with pytest.raises(EmbeddingsError, match=r"0123456789ab and the queries' of resnet18-ba98.*extract one of them"):
        evaluate(gallery, make(GALLERY, ANGLES, OTHER), relevant=["type"])
    with pytest.raises(EmbeddingsError, match=r"no gallery item has the attribute 'sleeve'.*colour, type"):
        evaluate(gallery, gallery, relevant=["type", "sleeve"])
    with pytest.raises(EmbeddingsError, match="none of the 1 queries can be judged"):
        evaluate(gallery, make([Item("q", "q.jpg")], ANGLES[:1]), relevant=["type"])
    with pytest.raises(EmbeddingsError, match="no item that is right for any"):
        evaluate(gallery, make(shop(("q", "Dress", "red")), ANGLES[:1]), relevant=["type"])


def test_folders_give_json_and_a_table(tmp_path: Path) -> None:
    gallery = make(GALLERY, ANGLES)
    write_embeddings(tmp_path / "gallery", gallery.embeddings, [bytes(32)] * 4)
    write_embeddings(tmp_path / "queries", gallery.embeddings, [bytes([1] * 32)] * 4)
    report = evaluate_folders(
        tmp_path / "gallery", tmp_path / "queries", tmp_path / "out", relevant=["type"], space="full"
    )
    written = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert written["format"] == 1
    assert (written["model"], written["queries"], written["space"]) == (MODEL.version, 4, "full")
    assert written["metrics"][0] == {"k": 1, "recall": 1.0, "precision": 1.0, "mean_average_precision": 1.0}
    lines = as_table(report).splitlines()
    assert lines[0] == "4 queries in 4 items by resnet18-0123456789ab, relevant = same type"
    assert lines[2].split() == ["k", "recall@k", "P@k", "mAP@k"]
    assert lines[3].split() == ["1", "1.000", "1.000", "1.000"]
    assert isinstance(report, EvaluationReport)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"hat": "Caps"}', '{"hat": []}', '{"hat": [1]}'])
def test_a_wrong_class_map_is_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "class-map.json"
    path.write_text(content)
    with pytest.raises(EmbeddingsError, match=r"class-map\.json.*JSON object such as"):
        read_class_map(path)
    path.write_text('{"hat": ["Caps", "Hat"]}')
    assert read_class_map(path) == {"hat": frozenset({"Caps", "Hat"})}
