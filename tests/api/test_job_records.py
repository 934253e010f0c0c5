"""The records of jobs: what is stored is what was embedded, but for the rounding."""

import hypothesis
import hypothesis.extra.numpy
import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from api.http.callers import caller_of
from api.jobs.outcomes import Outcome
from api.jobs.pages import JobPage
from api.jobs.records import RECORD_BYTES, pack_embedding, pack_reason, unpack_embedding, unpack_reason

EMBEDDINGS = hypothesis.extra.numpy.arrays(
    np.float32, 512, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)
)


@hypothesis.given(EMBEDDINGS)
def test_an_embedding_is_rounded_relative_to_its_largest_number(embedding: NDArray[np.float32]) -> None:
    record = pack_embedding(embedding)
    assert len(record) == RECORD_BYTES == 1028
    largest = float(np.abs(embedding).max())
    # The step is float32 itself: below 1e-40 it has few digits left.
    allowed = max(largest / 65_534 * 1.01, 1e-40)
    np.testing.assert_allclose(unpack_embedding(record), embedding, rtol=0, atol=allowed)


def test_the_rounding_leaves_the_cosine() -> None:
    embedding = np.random.default_rng(0).standard_normal(512).astype(np.float32)
    stored = unpack_embedding(pack_embedding(embedding)).astype(np.float64)
    cosine = stored @ embedding / np.linalg.norm(stored) / np.linalg.norm(embedding.astype(np.float64))
    assert 1 - 1e-8 < cosine <= 1 + 1e-7


@pytest.mark.parametrize("detail", ["", "a reason", "ü" * 2000, "two\nlines"])
def test_a_reason_fits_into_a_record(detail: str) -> None:
    record = pack_reason("image_unreadable", detail)
    assert len(record) <= RECORD_BYTES
    code, stored = unpack_reason(record.ljust(RECORD_BYTES, b"\0"))
    assert code == "image_unreadable"
    assert stored == detail[: len(stored)]
    assert len(stored) >= min(len(detail), 500)


def test_a_page_reads_only_the_records_that_it_needs() -> None:
    outcomes = bytes([Outcome.EMBEDDED, Outcome.UNKNOWN, Outcome.REFUSED, Outcome.EMBEDDED] * 50)
    page = JobPage(outcomes, limit=2, offset=10)
    # Results 10 and 11 are pictures 20 and 23; errors 10 and 11 are 21, which has no record, and 22.
    assert page.record_runs == [(15, 3)]
    assert page.name_blocks == ["0"]
    assert JobPage(outcomes, limit=2, offset=1000).record_runs == []


def test_callers_are_told_apart_by_key_or_by_network() -> None:
    def caller(host: str, key: bytes = b"", *, by_key: bool) -> str:
        return caller_of({"client": (host, 1), "headers": [(b"x-api-key", key)]}, by_key=by_key)

    assert caller("10.0.0.1", b"a", by_key=True) == caller("10.0.0.2", b"a", by_key=True)
    assert caller("10.0.0.1", b"a", by_key=True) != caller("10.0.0.1", b"b", by_key=True)
    assert caller("10.0.0.1", b"a", by_key=False) == caller("10.0.0.1", b"b", by_key=False)
    assert caller("10.0.0.1", by_key=False) != caller("10.0.0.2", by_key=False)
    assert caller("2001:db8::1", by_key=False) == caller("2001:db8::2:1", by_key=False)
    assert caller("2001:db8::1", by_key=False) != caller("2001:db8:0:1::1", by_key=False)
    assert len(caller("", by_key=False)) == 16
