"""What a run of the benchmark found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.search.kinds import LeftOut


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds a query: the median, and what nine in ten and 99 in 100 stay below."""

    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """One engine's.

    Attributes:
        name, title: of its kind.
        both, gallery, outside: of all queries, of those that are items, and of those that are not.
        recall, recall_gallery, recall_outside: mean share of the nearest of its own space that it found.
        same_as_truth: of how many queries it returned the truth's rows in the truth's order.
        recall_of_full: mean share of the nearest before the reduction; None without embeddings before it.
        nbytes: of the index.
        build_s: seconds of the build.
        build_peak_nbytes: of the building process at most, with the vectors given to it; None: not measured.
        input_nbytes: of the float32 vectors given to it.
        ratio: its median by that of the faster faiss flat; None without faiss.
        ratio_by_round: the same of each round, rising.
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
    """Several callers at once.

    Attributes:
        callers: how many.
        per_s: queries a second by engine.
        ratio: ours by the best faiss flat's; None without faiss.
        idle_block_ms: the longest an idle event loop was late, median of three runs: what the machine does.
        block_ms: the same while the callers searched, by the number of threads of the pool.
    """

    callers: int
    per_s: Mapping[str, float]
    ratio: float | None
    idle_block_ms: float
    block_ms: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """So many of the items.

    Attributes:
        items: how many.
        p50: milliseconds by engine.
        ratio: ours by the faster faiss flat; None without faiss.
        build_s: seconds that ours took to build.
    """

    items: int
    p50: Mapping[str, float]
    ratio: float | None
    build_s: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Cost over the number of items.

    Attributes:
        points: rising.
        exponents: by engine: p50 grows as items to the power of this; empty for fewer than two points.
    """

    points: Sequence[CurvePoint]
    exponents: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SelectivityPoint:
    """A filter.

    Attributes:
        filter: `scattered`: items drawn at random; `together`: an item and those most like it.
        share: of the items that it lets pass.
        items: how many those are.
        p50: milliseconds by way: `ours` as served, `ours by mask`, `ours by rows`, `faiss-flat`.
        exact: of how many queries all of our ways returned the truth in order.
        queries: how many.
    """

    filter: str
    share: float
    items: int
    p50: Mapping[str, float]
    exact: int
    queries: int


@dataclass(frozen=True, slots=True)
class Findings:
    """All of a run.

    Attributes:
        description: of the items.
        items, components: N and C.
        k: how many were searched for.
        from_gallery, from_outside: queries that are items, and that are not.
        rounds: in turns.
        seed: of all draws.
        machine: processor, cores, versions.
        engines: figures, as asked.
        left_out: what was asked for and not measured.
        concurrency, curve, selectivity: None, None and empty unless asked for.
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
