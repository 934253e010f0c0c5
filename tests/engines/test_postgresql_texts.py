"""Texts and rows as PostgreSQL stores them."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.text_form import is_unicode
from engines.postgresql.binary_rows import END, HEADER, field_rows, int8, numbers_of
from engines.postgresql.code_sets import joined_ranges
from engines.postgresql.sample import rank_in_sample, sample_size
from engines.postgresql.stored_text import from_stored, to_stored
from index.columns.number import NumberRange


def test_texts_come_back_and_keep_their_order() -> None:
    characters = ("", "\x00", "\x01", "\x02", "a", "é")
    texts = sorted({"".join(drawn) for drawn in itertools.product(characters, repeat=3)})
    for text in texts:
        assert from_stored(to_stored(text)) == text
        assert "\x00" not in to_stored(text)
    assert sorted(texts, key=to_stored) == sorted(texts)


def test_what_is_no_unicode_is_not_stored() -> None:
    assert is_unicode("\U0001f600\x00")
    assert not is_unicode("\ud800")


@pytest.mark.parametrize("numbers", [np.array([3, -1, 2**62]), np.empty(0, np.int64)])
def test_numbers_are_read_as_they_are_written(numbers: NDArray[np.int64]) -> None:
    rows = field_rows([(int8(number),) for number in numbers.tolist()])
    assert numbers_of(HEADER + rows + END).tolist() == numbers.tolist()


def test_ranges_are_joined() -> None:
    ranges = [(5, 9), (6, 7), (1, 2), (8, 12), (2, 2), (20, float("inf"))]
    joined = joined_ranges([NumberRange(*within) for within in ranges])
    assert joined == [(1, 2), (5, 12), (20, float("inf"))]
    assert joined_ranges([NumberRange(6, 7), NumberRange(5, 9)]) == [(5, 9)]


@pytest.mark.parametrize(("items", "count"), [(9_000, 26), (35_466, 416), (1_000_000, 416), (50_000_000, 116)])
def test_a_guess_is_seldom_too_near(items: int, count: int) -> None:
    rank = rank_in_sample(count, items)
    assert rank is not None
    size = sample_size(items)
    generator = np.random.default_rng(1)
    # The place among all items of the one that has this rank among those that were drawn.
    drawn = np.partition(generator.random((2_000, size)), rank, axis=1)[:, rank] * items
    assert np.count_nonzero(drawn < count) <= 4
    assert np.median(drawn) < 10_000 + 4 * count + 8 * items / size
