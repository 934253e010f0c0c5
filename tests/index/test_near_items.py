import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.embedding_set import ONE_PART
from index.gallery import Gallery
from index.near_items import near_from
from index.scoring import USUALLY_NEAR, WHOLE, Scoring, scoring_of
from tests.index.searched_rows import SearchedRows

COMPONENTS, DIMENSIONS = 8, 64
PARTS = (COMPONENTS, DIMENSIONS - COMPONENTS)


def unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths: NDArray[np.float64] = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def catalogue(items: int, seed: int = 0) -> tuple[Gallery, NDArray[np.float16], NDArray[np.float64]]:
    """Kinds in the first part, which is the reduced one; families of items that resemble each other in the second."""
    generator = np.random.default_rng(seed)
    family = np.arange(items) // 4
    kinds = generator.standard_normal((6, COMPONENTS))[generator.integers(0, 6, items // 4 + 1)][family]
    families = generator.standard_normal((items // 4 + 1, PARTS[1]))[family]
    first = unit(kinds + 0.1 * generator.standard_normal(kinds.shape))
    second = unit(families + 0.6 * generator.standard_normal(families.shape))
    rows = np.hstack((first * 0.9**0.5, second * 0.1**0.5))
    return Gallery.of(first.astype(np.float32)), rows.astype(np.float16), rows


def test_nineteen_of_twenty_items_have_one_so_near() -> None:
    gallery, full, rows = catalogue(400)
    second = unit(rows[:, COMPONENTS:])
    cosines = second @ second.T
    np.fill_diagonal(cosines, -1.0)
    expected = float(np.percentile(cosines.max(axis=1), 5.0))
    assert near_from(gallery, full, PARTS) == pytest.approx(expected, abs=2e-3)


def test_twins_do_not_raise_it() -> None:
    gallery, full, rows = catalogue(400)
    doubled = np.concatenate((rows, rows[:300]))
    twins = Gallery.of(unit(doubled[:, :COMPONENTS]).astype(np.float32))
    alone = near_from(gallery, full, PARTS)
    assert alone is not None
    assert 0.3 < alone < 0.95
    assert near_from(twins, doubled.astype(np.float16), PARTS) == pytest.approx(alone, abs=0.03)


@pytest.mark.parametrize("items", [1, 2, 19])
def test_few_items_tell_nothing(items: int) -> None:
    gallery, full, _ = catalogue(items)
    assert near_from(gallery, full, PARTS) is None


def test_equal_items_and_zeros_tell_nothing() -> None:
    gallery = Gallery.of(np.zeros((50, COMPONENTS), np.float32))
    assert near_from(gallery, np.zeros((50, DIMENSIONS), np.float16), PARTS) is None
    one = np.zeros((50, COMPONENTS), np.float32)
    one[:, 0] = 1.0
    full = np.zeros((50, DIMENSIONS), np.float16)
    full[:, -1] = 1.0
    assert near_from(Gallery.of(one), full, PARTS) is None


def test_embeddings_of_one_part_are_compared_as_a_whole() -> None:
    gallery, full, _ = catalogue(60)
    assert near_from(gallery, full, (DIMENSIONS,)) is None
    assert scoring_of(ONE_PART, None) == WHOLE
    assert scoring_of(PARTS, None) == Scoring(COMPONENTS, USUALLY_NEAR)
    assert scoring_of(PARTS, 0.5) == Scoring(COMPONENTS, 0.5)


def test_only_what_is_near_comes_forward() -> None:
    gallery, full, rows = catalogue(400)
    near = near_from(gallery, full, PARTS)
    search = SearchedRows(gallery, full, window=100, scoring=scoring_of(PARTS, near))
    generator = np.random.default_rng(5)
    copy = rows[7] + 0.02 * generator.standard_normal(DIMENSIONS)
    # The copy's kind, and nothing else that any item has.
    stranger = np.concatenate((copy[:COMPONENTS], generator.standard_normal(PARTS[1])))
    reduced = copy[:COMPONENTS].astype(np.float32)
    plain = gallery.search(reduced, limit=100)
    asked = search.search(reduced, stranger.astype(np.float32), limit=100)
    assert (asked.numbers.tolist(), asked.scores.tolist()) == (plain.rows.tolist(), plain.similarities.tolist())
    found = search.search(reduced, copy.astype(np.float32), limit=100)
    # The item itself and those of its family come forward that are near enough; the others stay as they were.
    assert found.numbers[0] == 7
    family = {row for row in plain.rows.tolist() if row // 4 == 7 // 4}
    others = [row for row in plain.rows.tolist() if row not in family]
    assert [row for row in found.numbers.tolist() if row not in family] == others
    before = dict(zip(plain.rows.tolist(), plain.similarities.tolist(), strict=True))
    after = dict(zip(found.numbers.tolist(), found.scores.tolist(), strict=True))
    assert all(after[row] == before[row] for row in others)
    assert all(1.0 >= after[row] >= before[row] for row in family)
    assert after[7] > before[7]
