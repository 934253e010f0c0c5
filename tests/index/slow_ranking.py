"""Searches in two spaces as Hypothesis draws them, and their hits straight from the definition."""

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.ranking import RankedItems
from index.scoring import Scoring
from index.selection import Selection
from tests.index.searched_rows import SearchedRows
from tests.index.slow_gallery import gallery_of, slow_similarities, unit_columns


@dataclass(frozen=True)
class Case:
    """A catalogue in both spaces and one search of it."""

    columns: NDArray[np.float32]
    full: NDArray[np.float16]
    window: int
    scoring: Scoring
    reduced_query: NDArray[np.float32]
    full_query: NDArray[np.float32]
    mask: NDArray[np.bool_] | None
    exclude_row: int | None

    @property
    def searched(self) -> SearchedRows:
        return SearchedRows(gallery_of(self.columns), self.full, window=self.window, scoring=self.scoring)

    def search(self, *, limit: int, offset: int = 0, min_score: float | None = None) -> RankedItems:
        return self.searched.search(
            self.reduced_query,
            self.full_query,
            limit=limit,
            offset=offset,
            among=None if self.mask is None else Selection.where(self.mask),
            min_score=min_score,
            exclude_row=self.exclude_row,
        )


def slow_score(
    similarity: float, half: NDArray[np.float16], query: NDArray[np.float32], scoring: Scoring
) -> np.float32:
    """In Python floats, every sum exact before it is rounded."""
    row, other = [float(x) for x in half[scoring.first :]], [float(x) for x in query[scoring.first :]]
    lengths = math.sqrt(math.fsum(x * x for x in row)) * math.sqrt(math.fsum(x * x for x in other))
    product = math.fsum(x * y for x, y in zip(row, other, strict=True))
    cosine = product / lengths if lengths else 0.0
    score = round(cosine * 2.0**40) / 2.0**40
    if scoring.first > 0:
        left = (1.0 - score) / (1.0 - scoring.near)
        score = similarity if score <= scoring.near else 1.0 - (1.0 - similarity) * left**2
    return np.float32(min(1.0, max(-1.0, round(score * 2.0**40) / 2.0**40)))


def slow_list(case: Case) -> list[tuple[np.float32, int]]:
    """All hits as (score, row), straight from the definition."""
    reduced = slow_similarities(case.columns, case.reduced_query)
    allowed = [row for row in range(len(reduced)) if (case.mask is None or case.mask[row]) and row != case.exclude_row]
    order = sorted(allowed, key=lambda row: (-reduced[row], row))
    if case.window == 0:
        return [(np.float32(reduced[row]), row) for row in order]
    inside = [
        (slow_score(reduced[row], case.full[row], case.full_query, case.scoring), row) for row in order[: case.window]
    ]
    inside.sort(key=lambda hit: (-hit[0], hit[1]))
    if not inside:
        return []
    return inside + [(min(np.float32(reduced[row]), inside[-1][0]), row) for row in order[case.window :]]


def draw_vectors(generator: np.random.Generator, kind: str, rows: int, dimensions: int) -> NDArray[np.float64]:
    if kind == "grid":
        return generator.integers(-1, 2, (rows, dimensions)).astype(np.float64)  # many ties, some zeros
    if kind == "copies":
        return generator.standard_normal((rows, dimensions))[generator.integers(0, max(1, rows // 3), rows)]
    if kind == "equal":
        return np.repeat(generator.standard_normal((1, dimensions)), rows, axis=0)
    if kind == "tiny":
        return np.abs(generator.standard_normal((rows, dimensions))) ** 9.0  # float16 keeps few digits of most
    return generator.standard_normal((rows, dimensions))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = draw(st.one_of(st.integers(1, 12), st.integers(13, 300)))
    components, dimensions = draw(st.sampled_from([(1, 1), (2, 3), (3, 8), (30, 40)]))
    kinds = st.sampled_from(["normal", "grid", "copies", "equal", "tiny"])
    columns = unit_columns(draw_vectors(generator, draw(kinds), rows, components).T)
    vectors = draw_vectors(generator, draw(kinds), rows, dimensions)
    full = np.ascontiguousarray(unit_columns(vectors.T).T, np.float16)
    row = int(generator.integers(rows))
    queries = [
        full[row].astype(np.float32),
        generator.standard_normal(dimensions).astype(np.float32),
        np.full(dimensions, 1e-44, np.float32),
        np.full(dimensions, -3e38, np.float32),
        np.zeros(dimensions, np.float32),
    ]
    reduced_query = columns[:, row].copy() if draw(st.booleans()) else generator.standard_normal(components)
    share = draw(st.sampled_from([None, 0.0, 0.1, 0.7, 1.0]))
    return Case(
        columns,
        full,
        window=draw(st.one_of(st.integers(0, 5), st.integers(0, rows + 3))),
        scoring=Scoring(draw(st.integers(0, dimensions - 1)), draw(st.sampled_from([0.0, 0.4, 0.65, 0.95]))),
        reduced_query=reduced_query.astype(np.float32),
        full_query=queries[draw(st.integers(0, len(queries) - 1))],
        mask=None if share is None else generator.random(rows) < share,
        exclude_row=draw(st.one_of(st.none(), st.just(row))),
    )
