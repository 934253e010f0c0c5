"""Embeddings in 16 bits a number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from api.items.half_embedding import HalfEmbedding


def drawn(seed: int, scale: float = 1.0) -> NDArray[np.float32]:
    numbers = np.random.default_rng(seed).standard_normal(512) * scale
    return numbers.astype(np.float32)


@given(st.integers(0, 1000), st.integers(-26, 8))
def test_numbers_are_rounded_relative_to_themselves_and_to_the_largest(seed: int, decade: int) -> None:
    embedding = drawn(seed, 10.0**decade)
    rounded = HalfEmbedding.of(embedding).full().astype(np.float64)
    exact = embedding.astype(np.float64)
    # Of 11 significant bits, or of 24 bits behind the largest's point.
    allowed = np.maximum(np.abs(exact) * 2.0**-11, np.abs(exact).max() * 2.0**-24)
    assert (np.abs(rounded - exact) <= allowed).all()


@given(st.integers(0, 1000), st.integers(-26, 8))
def test_rounding_again_changes_nothing(seed: int, decade: int) -> None:
    once = HalfEmbedding.of(drawn(seed, 10.0**decade))
    twice = HalfEmbedding.of(once.full())
    assert (twice.exponent, twice.numbers.tobytes()) == (once.exponent, once.numbers.tobytes())


@pytest.mark.parametrize(
    ("largest", "exponent"),
    [(1.0, 1), (0.5, 0), (0.99999, 1), (0.9990, 0), (1e9, 30), (2.0**-100, -99), (3e-39, 0), (0.0, 0)],
)
def test_the_largest_number_decides_about_the_exponent(largest: float, exponent: int) -> None:
    embedding = np.zeros(512, np.float32)
    embedding[7] = -largest
    half = HalfEmbedding.of(embedding)
    assert half.exponent == exponent
    assert half.is_zero == (largest < 1e-38)
    assert half.full()[7] == pytest.approx(0.0 if half.is_zero else -largest, rel=2.0**-11)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 2e9])
def test_what_no_worker_sends_is_refused(wrong: float) -> None:
    embedding = drawn(1)
    embedding[511] = wrong
    with pytest.raises(ValueError, match=r"must be|an exponent is"):
        HalfEmbedding.of(embedding)


@pytest.mark.parametrize(
    ("numbers", "exponent"),
    [
        (np.full(512, 0.25, np.float16), 0),
        (np.full(512, 1.0, np.float16), 0),
        (np.full(512, np.nan, np.float16), 0),
        (np.full(512, np.inf, np.float16), 0),
        (np.zeros(512, np.float16), 1),
        (np.full(511, 0.5, np.float16), 0),
        (np.full(512, 0.5, np.float16), 31),
        (np.full(512, 0.5, np.float16), -100),
    ],
)
def test_an_embedding_has_one_form(numbers: NDArray[np.float16], exponent: int) -> None:
    with pytest.raises(ValueError, match=r"must be|has 512|is from"):
        HalfEmbedding(numbers, exponent)
