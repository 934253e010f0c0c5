"""Embeddings in 16 bits a number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from api.items.rounded_embedding import RoundedEmbedding


def drawn(seed: int, scale: float = 1.0) -> NDArray[np.float32]:
    numbers = np.random.default_rng(seed).standard_normal(512) * scale
    return numbers.astype(np.float32)


@given(st.integers(0, 1000), st.integers(-26, 8))
def test_numbers_are_rounded_relative_to_the_largest(seed: int, decade: int) -> None:
    embedding = drawn(seed, 10.0**decade)
    rounded = RoundedEmbedding.of(embedding).full().astype(np.float64)
    exact = embedding.astype(np.float64)
    assert np.abs(rounded - exact).max() <= np.abs(exact).max() / 32_768


@given(st.integers(0, 1000), st.integers(-26, 8))
def test_rounding_again_changes_nothing(seed: int, decade: int) -> None:
    once = RoundedEmbedding.of(drawn(seed, 10.0**decade))
    twice = RoundedEmbedding.of(once.full())
    assert (twice.exponent, twice.numbers.tobytes()) == (once.exponent, once.numbers.tobytes())


@pytest.mark.parametrize(
    ("largest", "exponent"),
    [(1.0, 1), (0.5, 0), (0.99999, 1), (0.9999, 0), (1e9, 30), (2.0**-100, -99), (3e-39, 0), (0.0, 0)],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_number_decides_about_the_exponent(largest: float, exponent: int, sign: int) -> None:
    embedding = np.zeros(512, np.float32)
    embedding[7] = sign * largest
    rounded = RoundedEmbedding.of(embedding)
    assert rounded.exponent == exponent
    assert rounded.is_zero == (largest < 1e-38)
    assert rounded.full()[7] == pytest.approx(0.0 if rounded.is_zero else sign * largest, rel=2.0**-15)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 2e9])
def test_what_no_worker_sends_is_refused(wrong: float) -> None:
    embedding = drawn(1)
    embedding[511] = wrong
    with pytest.raises(ValueError, match=r"must be finite|an exponent is"):
        RoundedEmbedding.of(embedding)


@pytest.mark.parametrize(
    ("numbers", "exponent"),
    [
        (np.full(512, 16_383, np.int16), 0),
        (np.full(512, -32_768, np.int16), 0),
        (np.zeros(512, np.int16), 1),
        (np.full(511, 20_000, np.int16), 0),
        (np.full(512, 20_000, np.int16), 31),
        (np.full(512, 20_000, np.int16), -100),
    ],
)
def test_an_embedding_has_one_form(numbers: NDArray[np.int16], exponent: int) -> None:
    with pytest.raises(ValueError, match=r"must be|has 512|is from"):
        RoundedEmbedding(numbers, exponent)
