"""NumPy's searches, which answer until the machine code is there, find the same."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.attributes import AttributeTable
from index.embedded_rows import EmbeddedRows
from index.exact import compiled_searches, plain_searches
from index.exact.arguments import Among
from index.exact.layout import lay_out
from index.exact.search import ExactSearch
from index.gallery import Gallery
from index.ranking import Ranking
from index.reduction import unit_rows
from index.scoring import WHOLE, Scoring
from index.search_code import SEARCHES
from index.selection import Selection

ROOT = Path(__file__).parents[2]
ROWS, COMPONENTS = 700, 30
EVERYTHING = np.empty(0, np.bool_)


def drawn() -> NDArray[np.float32]:
    """Unit rows near each other, some equal and some zero."""
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((ROWS, COMPONENTS)) * np.linspace(1.0, 0.1, COMPONENTS) + 0.5
    vectors[100:130] = vectors[5]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[300:310] = 0.0
    return vectors.astype(np.float32)


@pytest.fixture(scope="module")
def search() -> ExactSearch:
    return ExactSearch(lay_out(drawn()))


def masks() -> list[NDArray[np.bool_]]:
    generator = np.random.default_rng(1)
    return [EVERYTHING, generator.random(ROWS) < 0.5, generator.random(ROWS) < 0.02, np.zeros(ROWS, np.bool_)]


@pytest.mark.parametrize("allowed", masks())
@pytest.mark.parametrize("k", [1, 12, 400, ROWS])
def test_the_nearest_are_the_same_bit_by_bit(search: ExactSearch, allowed: NDArray[np.bool_], k: int) -> None:
    for row in (5, 100, 305, 699):
        query, among = search.vector(row), Among(allowed, row)
        found = []
        for code in (compiled_searches, plain_searches):
            similarities, rows = np.zeros(k), np.zeros(k, np.int64)
            count = code.nearest(query, search.arrays, among, similarities, rows)
            found.append((count, similarities[:count].tolist(), rows[:count].tolist()))
        assert found[0] == found[1]


def test_the_nearest_of_a_few_are_the_same(search: ExactSearch) -> None:
    places = np.arange(3, ROWS, 5, dtype=np.int32)
    for k in (1, 20, places.size):
        found = []
        for code in (compiled_searches, plain_searches):
            similarities, rows = np.zeros(k), np.zeros(k, np.int64)
            count = code.nearest_of(search.vector(7), search.arrays, places, similarities, rows)
            found.append((count, similarities.tolist(), rows.tolist()))
        assert found[0] == found[1]


@pytest.mark.parametrize("allowed", masks())
@pytest.mark.parametrize("floor", [-1.0, 0.0, 0.9, 1.0])
def test_the_same_reach_a_similarity(search: ExactSearch, allowed: NDArray[np.bool_], floor: float) -> None:
    found = []
    for code in (compiled_searches, plain_searches):
        marks = np.zeros(ROWS, np.bool_)
        count = code.mark_at_least(search.vector(5), search.arrays, Among(allowed, 3), np.float32(floor), marks)
        found.append((count, marks.tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("first", [0, 30])
def test_cosines_of_full_embeddings_are_the_same(first: int) -> None:
    generator = np.random.default_rng(2)
    full = generator.standard_normal((50, 512)).astype(np.float16)
    full[7] = 0.0
    unit = full[3, first:].astype(np.float64)
    unit /= np.linalg.norm(unit)
    rows = generator.permutation(50)[:40]
    found = []
    for code in (compiled_searches, plain_searches):
        cosines = np.empty(rows.size)
        code.half_cosines(full.view(np.int16), rows, first, unit, cosines)
        found.append(cosines.astype(np.float32).tolist())
    assert found[0] == found[1]


@pytest.mark.parametrize("scoring", [WHOLE, Scoring(30, 0.65)])
def test_one_call_ranks_as_its_steps_do(monkeypatch: pytest.MonkeyPatch, scoring: Scoring) -> None:
    """More rows than a window holds, so that most are skipped, and many that only float64 tells apart."""
    generator = np.random.default_rng(3)
    full = unit_rows(np.abs(generator.standard_normal((6000, 512))).astype(np.float32))
    full[2000:4000] = full[:2000]
    gallery = Gallery.of(unit_rows(full[:, :COMPONENTS]))
    items = EmbeddedRows(gallery, full.astype(np.float16), AttributeTable.empty(len(full)), scoring=scoring)
    half = Selection.where(generator.random(len(full)) < 0.5)

    def ranked() -> list[tuple[list[int], list[float], int]]:
        pages = [
            Ranking(items.candidates(selection, exclude_row=row), items.vectors(row), window=window).page(limit=limit)
            for row in range(0, 6000, 500)
            for selection in (None, half)
            for window, limit in ((400, 12), (400, 400), (7, 7))
        ]
        return [(page.numbers.tolist(), page.scores.tolist(), page.total) for page in pages]

    at_once = ranked()
    monkeypatch.setattr(plain_searches, "nearest", compiled_searches.nearest)
    monkeypatch.setattr(SEARCHES, "_compiled", None)
    monkeypatch.setattr(SEARCHES, "_is_prepared_meanwhile", True)
    assert SEARCHES.code().reranked is None
    assert ranked() == at_once


PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path

from index.building import build_bundle
from index.bundle import open_current
from index.part_searcher import PartSearcher
from index.query import SearchQuery
from index.scoring import WHOLE, Scoring
from index.search_code import SEARCHES
from tests.drawn_sets import draw_set

bundles = Path(sys.argv[1])
SEARCHES.wait_for_nothing()
build_bundle(draw_set(500), bundles, now=datetime.now(UTC))
searcher = PartSearcher.of(open_current(bundles), window=50)
searcher.warm_up()
ids = [f"shop/\\u00e4\\u00f6 {row}" for row in range(0, 500, 25)]
asked = [(SearchQuery(limit=20, offset=offset), item_id) for item_id in ids for offset in (0, 45)]
before = [searcher.find_like(*question) for question in asked]
assert SEARCHES.slow and "numba" not in sys.modules
SEARCHES.prepare().join()
assert not SEARCHES.slow and "numba" in sys.modules
assert [searcher.find_like(*question) for question in asked] == before
"""


@pytest.mark.services
def test_a_search_needs_no_machine_code_and_changes_to_it_when_it_is_there(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
