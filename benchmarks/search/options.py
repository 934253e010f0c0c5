"""Options of a benchmark run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contracts.errors import BenchmarkError

ItemKind = Literal["jittered", "mixture"]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """The options of one run.

    Attributes:
        bundles: folder of bundles; the items are those of the current one; or None.
        embeddings: folder of embeddings of the items; or None. Without either, synthetic embeddings are drawn.
        items: number of items; None for as many as there are.
        kind: how to make items beyond those; see `benchmarks.search.items`.
        k: number of results per query.
        queries: number of queries.
        rounds: number of rounds that the queries are split into.
        engines: names; None for all.
        curve: whether to measure subsets of the items, too.
        selectivity: whether to measure filters, too.
        concurrent: number of concurrent callers; 0 to skip that measurement.
        seconds: duration of each measurement with concurrent callers.
        build_peak: whether to measure the peak memory of each build, in a separate process.
        seed: of all random draws.
        out: folder for search.json and search.png; or None.

    Raises:
        BenchmarkError: an option is out of range, or two exclude each other.
    """

    bundles: Path | None = None
    embeddings: Path | None = None
    items: int | None = None
    kind: ItemKind = "jittered"
    k: int = 10
    queries: int = 200
    rounds: int = 10
    engines: Sequence[str] | None = None
    curve: bool = False
    selectivity: bool = False
    concurrent: int = 0
    seconds: float = 2.0
    build_peak: bool = True
    seed: int = 0
    out: Path | None = None

    def __post_init__(self) -> None:
        if self.bundles is not None and self.embeddings is not None:
            raise BenchmarkError("pass either a folder of bundles or --embeddings, not both")
        if self.items is not None and self.items < 1:
            raise BenchmarkError(f"--items must be at least 1, got {self.items}")
        if self.k < 1:
            raise BenchmarkError(f"--k must be at least 1, got {self.k}")
        if self.queries < 2:
            raise BenchmarkError(f"--queries must be at least 2, one from the gallery and one not; got {self.queries}")
        if not 1 <= self.rounds <= self.queries:
            raise BenchmarkError(f"--rounds must be 1 to the {self.queries} queries, got {self.rounds}")
