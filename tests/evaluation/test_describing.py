"""The confusion and the scores of an evaluation are those of the results that it found as served."""

from collections import Counter

import numpy as np

from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import evaluate
from evaluation.score_histogram import cut_at
from evaluation.spaces import open_gallery
from index.reduction import unit_rows
from index.resemblance import resemblance_from
from tests.evaluation.sets import clustered, make, settings

KINDS = ("Tee", "Shirt", "Dress")


def test_they_are_those_of_the_results_as_served() -> None:
    gallery = clustered(KINDS, 20, noise=6.0, seed=1)
    found = clustered(KINDS, 4, noise=6.0, seed=2)
    # A query without a class is not judged, and its results count for nothing.
    items = [Item(f"q{row}", "", {} if row == 1 else item.attributes) for row, item in enumerate(found.items)]
    queries: EvaluatedSet = make(items, np.asarray(found.embeddings.embeddings, np.float64)[:, :40])
    asked = settings(["type"], spaces=("full", "served"), exclude_same=(), group="")
    evaluation = evaluate(gallery, queries, asked, name="photos")
    assert evaluation.findings.name == "photos"
    (confusion,), (scores,) = evaluation.findings.confusions, evaluation.findings.scores
    served = evaluation.found["served"]
    given: Counter[tuple[str, str]] = Counter()
    kept = {True: 0, False: 0}
    all_results = {True: 0, False: 0}
    for query, item in enumerate(items):
        if query == 1:
            continue
        for place, row in enumerate(served.rows[query].tolist()):
            kind = gallery.items[row].attributes["type"]
            right = kind == item.attributes["type"]
            all_results[right] += 1
            kept[right] += bool(served.similarities[query, place] >= np.float32(0.3))
            if place < 10:
                given[item.attributes["type"], kind] += 1
    assert confusion.space == "served"
    assert {(asked.name, one.value): one.results for asked in confusion.classes for one in asked.given} == given
    cut = cut_at(scores, 30)
    assert 0 < kept[True] < all_results[True]
    assert (cut.right_kept, cut.wrong_kept) == (kept[True] / all_results[True], kept[False] / all_results[False])

    opened = open_gallery(gallery.embeddings.embeddings, ["served"], asked.reduction, gallery.embeddings.model)
    assert opened.columns is not None
    assert opened.reduction is not None
    ends = resemblance_from(opened.columns)
    assert ends is not None
    judged = np.array([row for row in range(len(items)) if row != 1])
    reduced = unit_rows(opened.reduction.reduce(np.asarray(queries.embeddings.embeddings)[judged])).astype(np.float64)
    cosines = (reduced @ opened.columns.vectors().astype(np.float64).T).astype(np.float32)
    auto = scores.auto
    assert auto is not None
    assert (auto.similarity, auto.queries) == (ends, len(judged))
    assert auto.matches == np.median((cosines >= np.float32(ends)).sum(axis=1))
