"""What a run of the benchmark is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contracts.errors import BenchmarkError

ItemKind = Literal["jittered", "mixture"]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """All of it.

    Attributes:
        bundles: folder of bundles whose current one holds the items; or None.
        embeddings: folder of embeddings that hold them; or None. Without either a stand-in is drawn.
        items: how many; None: as many as there are.
        kind: what to make more of them by; see `benchmarks.search.items`.
        k: how many to find.
        queries: how many to ask.
        rounds: in which they are asked.
        engines: names; None for all.
        curve: whether to measure parts of the items, too.
        selectivity: whether to measure filters, too.
        concurrent: callers at once; 0: not measured.
        seconds: of each measurement with several callers.
        build_peak: whether to build each engine in a process of its own first.
        seed: of all draws.
        out: folder of search.json and search.png; or None.

    Raises:
        BenchmarkError: two of them do not go together.
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
            raise BenchmarkError("the items come from one place: pass a folder of bundles or --embeddings, not both")
        if self.items is not None and self.items < 1:
            raise BenchmarkError(f"--items must be at least 1, got {self.items}")
        if self.k < 1:
            raise BenchmarkError(f"--k must be at least 1, got {self.k}")
        if self.queries < 2:
            raise BenchmarkError(f"--queries must be at least 2, one from the gallery and one not; got {self.queries}")
        if not 1 <= self.rounds <= self.queries:
            raise BenchmarkError(f"--rounds must be 1 to the {self.queries} queries, got {self.rounds}")
