"""Building the engines, running the queries in turns, and comparing the answers with the truth."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.search import truth
from benchmarks.search.engine import Engine, Kind
from benchmarks.search.findings import EngineFigures, Spread
from benchmarks.search.items import Items, Queries
from benchmarks.search.kinds import FLAT
from benchmarks.search.latency import Answers, ask
from launch.progress import progress_bar


@dataclass(frozen=True, slots=True)
class Built:
    """Engines over the same items.

    Attributes:
        engines: by name.
        prepared: (Q, D) queries prepared for each engine, by name.
        seconds: duration of each build, by name.
    """

    engines: Mapping[str, Engine]
    prepared: Mapping[str, NDArray[Any]]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Compared:
    """Rows and queries of length 1, and the true neighbours."""

    rows: NDArray[Any]
    queries: NDArray[Any]
    nearest: truth.Truth


def build(kinds: Sequence[Kind], items: Items, queries: Queries) -> Built:
    """Build the engines one after another."""
    engines: dict[str, Engine] = {}
    prepared: dict[str, NDArray[Any]] = {}
    seconds: dict[str, float] = {}
    with progress_bar("Building", "engine") as progress:
        for number, kind in enumerate(kinds):
            progress(number, len(kinds), kind.name)
            vectors, asked = _of_space(kind, items, queries)
            kind.warm_up(vectors)
            started = time.perf_counter()
            engines[kind.name] = kind.build(vectors)
            seconds[kind.name] = time.perf_counter() - started
            prepared[kind.name] = engines[kind.name].prepared(asked)
        progress(len(kinds), len(kinds))
    return Built(engines, prepared, seconds)


def measure(
    kinds: Sequence[Kind],
    built: Built,
    items: Items,
    queries: Queries,
    *,
    k: int,
    rounds: int,
    peaks: Mapping[str, int] | None = None,
) -> list[EngineFigures]:
    """Run all queries on all engines in turns, and compare the answers with the true neighbours.

    Args:
        kinds: of the engines, in the order of the result.
        built: the engines.
        items, queries: the arguments of `build`.
        k: number of results.
        rounds: see `benchmarks.search.latency.ask`.
        peaks: peak bytes of each build, by name.
    """
    with progress_bar("Searching", "query") as progress:
        answers = ask(built.engines, built.prepared, k, rounds, progress)
    reduced = _compared(items.vectors, queries.vectors, k)
    full = None
    if items.full is not None and queries.full is not None:
        full = _compared(items.full, queries.full, k)
    peer = _peer(answers)
    figures = []
    for kind in kinds:
        engine, answered = built.engines[kind.name], answers[kind.name]
        searched = full if kind.space == "full" and full is not None else reduced
        if engine.own_rows is not None:
            prepared = truth.unit_rows(built.prepared[kind.name])
            searched = _compared(truth.unit_rows(engine.own_rows), prepared, k)
        recalls = _recalls(searched, answered)
        vectors = _of_space(kind, items, queries)[0]
        figures.append(
            EngineFigures(
                name=kind.name,
                title=kind.title,
                both=_spread(answered.milliseconds),
                gallery=_spread(answered.milliseconds[: queries.from_gallery]),
                outside=_spread(answered.milliseconds[queries.from_gallery :]),
                recall=float(recalls.mean()),
                recall_gallery=float(recalls[: queries.from_gallery].mean()),
                recall_outside=float(recalls[queries.from_gallery :].mean()),
                same_as_truth=sum(map(np.array_equal, answered.found, searched.nearest.rows)),
                recall_of_full=None if full is None else float(_recalls(full, answered).mean()),
                nbytes=engine.nbytes,
                build_s=built.seconds[kind.name],
                build_peak_nbytes=(peaks or {}).get(kind.name),
                input_nbytes=vectors.nbytes,
                ratio=None if peer is None else _median(answered) / _median(peer),
                ratio_by_round=[] if peer is None else np.sort(_by_round(answered) / _by_round(peer)).tolist(),
            )
        )
    return figures


def _of_space(kind: Kind, items: Items, queries: Queries) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if kind.space == "reduced":
        return items.vectors, queries.vectors
    if items.full is None or queries.full is None:
        raise ValueError(f"{kind.name} needs embeddings before reduction")
    return items.full, queries.full


def _compared(rows: NDArray[Any], queries: NDArray[Any], k: int) -> _Compared:
    return _Compared(rows, queries, truth.nearest(rows, queries, k))


def _recalls(compared: _Compared, answered: Answers) -> NDArray[np.float64]:
    return np.array(
        [
            truth.recall(compared.nearest, number, compared.rows, query, answered.found[number])
            for number, query in enumerate(compared.queries)
        ]
    )


def _peer(answers: Mapping[str, Answers]) -> Answers | None:
    """The faster faiss flat."""
    flat = [answers[name] for name in FLAT if name in answers]
    return min(flat, key=_median) if flat else None


def _median(answered: Answers) -> float:
    return float(np.median(answered.milliseconds))


def _by_round(answered: Answers) -> NDArray[np.float64]:
    rounds = range(int(answered.rounds.max()) + 1)
    return np.array([np.median(answered.milliseconds[answered.rounds == number]) for number in rounds])


def _spread(milliseconds: NDArray[np.float64]) -> Spread:
    return Spread(*(float(value) for value in np.percentile(milliseconds, (50, 90, 99))))
