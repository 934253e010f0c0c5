"""The results of a benchmark run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.search.kinds import LeftOut


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of the latency of a query, milliseconds."""

    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """The measurements of one engine.

    Attributes:
        name, title: of its kind.
        both, gallery, outside: latencies of all queries, of those that are items, and of those that are not.
        recall, recall_gallery, recall_outside: recall of the true neighbours in its own space, mean over these queries.
        same_as_truth: number of queries for which it returned exactly the true rows in the true order.
        recall_of_full: recall of the true neighbours before reduction; None if those embeddings are not available.
        nbytes: size of the index.
        build_s: duration of the build, seconds.
        build_peak_nbytes: peak memory of the building process, including its input; None if not measured.
        input_nbytes: size of the float32 vectors that it is built from.
        ratio: its median latency divided by that of the faster faiss flat; None without faiss.
        ratio_by_round: the same for each round, rising.
    """

    name: str
    title: str
    both: Spread
    gallery: Spread
    outside: Spread
    recall: float
    recall_gallery: float
    recall_outside: float
    same_as_truth: int
    recall_of_full: float | None
    nbytes: int
    build_s: float
    build_peak_nbytes: int | None
    input_nbytes: int
    ratio: float | None
    ratio_by_round: Sequence[float]


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Measurements with several concurrent callers.

    Attributes:
        callers: their number.
        per_s: queries per second by engine.
        ratio: ours divided by the faster faiss flat's; None without faiss.
        idle_block_ms: largest delay of an idle event loop, median of three runs; caused by the machine itself.
        block_ms: the same while the callers search, by the number of threads in the pool.
    """

    callers: int
    per_s: Mapping[str, float]
    ratio: float | None
    idle_block_ms: float
    block_ms: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Measurements for one number of items.

    Attributes:
        items: their number.
        p50: milliseconds by engine.
        ratio: ours divided by the faster faiss flat; None without faiss.
        build_s: duration of our build, seconds.
    """

    items: int
    p50: Mapping[str, float]
    ratio: float | None
    build_s: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Cost over the number of items.

    Attributes:
        points: by rising number of items.
        exponents: by engine: p50 grows as the number of items to this power; empty for fewer than two points.
    """

    points: Sequence[CurvePoint]
    exponents: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SelectivityPoint:
    """Measurements for one filter.

    Attributes:
        filter: `scattered`: items drawn at random; `together`: an item and those most similar to it.
        share: share of the items that pass the filter.
        items: number of items that pass.
        p50: milliseconds by method: `ours` as served, `ours by mask`, `ours by rows`, `faiss-flat`.
        exact: number of queries for which all of our methods returned exactly the true rows in order.
        queries: number of queries.
    """

    filter: str
    share: float
    items: int
    p50: Mapping[str, float]
    exact: int
    queries: int


@dataclass(frozen=True, slots=True)
class Findings:
    """All results of a run.

    Attributes:
        description: of the items.
        items, components: N and C.
        k: number of results per query.
        from_gallery, from_outside: number of queries that are items, and that are not.
        rounds: number of rounds.
        seed: of all random draws.
        machine: processor, cores, versions.
        engines: measurements of each engine.
        left_out: engines that were requested but not measured.
        concurrency, curve, selectivity: None, None and empty unless requested.
    """

    description: str
    items: int
    components: int
    k: int
    from_gallery: int
    from_outside: int
    rounds: int
    seed: int
    machine: Mapping[str, str]
    engines: Sequence[EngineFigures]
    left_out: Sequence[LeftOut]
    concurrency: Concurrency | None = None
    curve: Curve | None = None
    selectivity: Sequence[SelectivityPoint] = ()
