"""`lookalike evaluate`: how often the first items found are the right ones."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EmbeddingSet
from contracts.errors import EmbeddingsError
from evaluation.class_map import read_class_map
from evaluation.metrics import MetricsAt, metrics_at
from evaluation.relevance import judge
from evaluation.space import Space, compare
from index.durable_files import replace_file
from index.embeddings_folder import read_digests, read_embeddings

METRICS_FILE = "metrics.json"
KS = (1, 5, 10, 20)
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What an evaluation found.

    Attributes:
        model: version of the model that made both sets of embeddings.
        space: `full` or `reduced`.
        components: dimensions of that space.
        explained_variance: share that the reduction keeps; None in the full space.
        relevant: attributes that had to be equal.
        class_map: whether the first of them was judged by a class map.
        gallery: items searched.
        queries: those that were judged.
        unlabelled: queries left out because they lack an attribute, or their class is not in the class map.
        without_relevant: queries left out because the gallery holds nothing right for them.
        excluded: queries that are gallery items themselves, which were not counted as found.
        metrics: at each k.
    """

    model: str
    space: Space
    components: int
    explained_variance: float | None
    relevant: Sequence[str]
    class_map: bool
    gallery: int
    queries: int
    unlabelled: int
    without_relevant: int
    excluded: int
    metrics: Sequence[MetricsAt]


@dataclass(frozen=True, slots=True)
class EvaluatedSet:
    """Embeddings with the digests of what they were computed from: (N, 32) uint8."""

    embeddings: EmbeddingSet
    digests: NDArray[np.uint8]

    @classmethod
    def read(cls, folder: Path) -> "EvaluatedSet":
        """Read a folder that `lookalike extract` wrote.

        Raises:
            EmbeddingsError: it is missing or damaged.
        """
        return cls(read_embeddings(folder), read_digests(folder))


def evaluate(
    gallery: EvaluatedSet,
    queries: EvaluatedSet,
    *,
    relevant: Sequence[str],
    class_map: Mapping[str, frozenset[str]] | None = None,
    space: Space = "reduced",
    ks: Sequence[int] = KS,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> EvaluationReport:
    """Search the gallery for each query, exactly as it is served, and judge what is found.

    A query that is a gallery item itself (same id, and same picture) is not counted as found.

    Args:
        relevant: attributes that make an item right for a query when all are equal, one at least.
        class_map: see `evaluation.relevance.judge`.
        ks: how many of the first items count, each 1 at least.
        progress: called with (queries done, queries in all).

    Raises:
        EmbeddingsError: the sets are of different models, no query can be judged, or none has a relevant item.
        BundleError: the gallery cannot be reduced.
    """
    _check_models(gallery.embeddings, queries.embeddings)
    items = queries.embeddings.items
    relevance = judge(items, gallery.embeddings.items, relevant, class_map)
    selves = _selves(gallery, queries)
    counts = relevance.counts(selves)
    judged = np.flatnonzero(counts > 0).tolist()
    if not judged:
        raise EmbeddingsError(
            f"the gallery holds no item that is right for any of the {len(items)} queries; name fewer attributes "
            "with --relevant, or evaluate against another gallery"
        )
    compared = compare(gallery.embeddings.embeddings, queries.embeddings.embeddings, space)
    limit = max(ks)
    ranked = np.zeros((len(judged), limit), np.bool_)
    for done, query in enumerate(judged):
        hits = compared.gallery.search(compared.queries[query], limit=limit, exclude_row=selves[query])
        ranked[done, : len(hits.rows)] = relevance.relevant(query, hits.rows)
        progress(done + 1, len(judged))
    unlabelled = sum(wanted is None for wanted in relevance.wanted)
    return EvaluationReport(
        model=gallery.embeddings.model.version,
        space=space,
        components=compared.gallery.components,
        explained_variance=compared.explained_variance,
        relevant=tuple(relevant),
        class_map=class_map is not None,
        gallery=len(gallery.embeddings.items),
        queries=len(judged),
        unlabelled=unlabelled,
        without_relevant=len(items) - len(judged) - unlabelled,
        excluded=sum(selves[query] is not None for query in judged),
        metrics=metrics_at(ranked, counts[judged], ks),
    )


def evaluate_folders(
    gallery: Path,
    queries: Path,
    out: Path,
    *,
    relevant: Sequence[str],
    class_map: Path | None = None,
    space: Space = "reduced",
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> EvaluationReport:
    """Evaluate two folders of embeddings and write `metrics.json`, see `evaluate`.

    Raises:
        EmbeddingsError: a folder or the class map cannot be read, or see `evaluate`.
        OSError: the result cannot be written.
    """
    classes = None if class_map is None else read_class_map(class_map)
    report = evaluate(
        EvaluatedSet.read(gallery),
        EvaluatedSet.read(queries),
        relevant=relevant,
        class_map=classes,
        space=space,
        progress=progress,
    )
    out.mkdir(parents=True, exist_ok=True)
    replace_file(out / METRICS_FILE, json.dumps({"format": _FORMAT, **asdict(report)}, indent=1).encode() + b"\n")
    return report


def _check_models(gallery: EmbeddingSet, queries: EmbeddingSet) -> None:
    if gallery.model.version != queries.model.version:
        raise EmbeddingsError(
            f"the gallery's embeddings are of {gallery.model.version} and the queries' of {queries.model.version}; "
            "they cannot be compared: extract one of them again with the other's --checkpoint"
        )


def _selves(gallery: EvaluatedSet, queries: EvaluatedSet) -> list[int | None]:
    """For each query the gallery row that is the query itself."""
    row_of = {item.id: row for row, item in enumerate(gallery.embeddings.items)}
    found: list[int | None] = []
    for query, item in enumerate(queries.embeddings.items):
        row = row_of.get(item.id)
        same = row is not None and np.array_equal(gallery.digests[row], queries.digests[query])
        found.append(row if same else None)
    return found
