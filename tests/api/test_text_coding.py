"""Texts in gzip and zstd, read by the decoders of the standard library and of zstd."""

import gzip
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.accepted_codings import CODINGS, Coding
from api.http.text_coding import coded, packed, spliced

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DECODERS = {"gzip": gzip.decompress, "zstd": zstd.decompress}
# Raw blocks, a run of one byte, several blocks.
TEXTS = {
    "empty": b"",
    "short": b"a",
    "json": b'{"id":"1","score":0.93},' * 300,
    "a run": b"a" * 400_000,
    "noise": random.Random(0).randbytes(300_000),
    "several blocks": b"".join(b'{"id":"%d","score":%f}' % (number, number / 7) for number in range(20_000)),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("name", TEXTS)
def test_it_decodes_to_the_text(name: str, coding: Coding) -> None:
    text = TEXTS[name]
    assert DECODERS[coding](coded(text, coding)) == text
    piece = packed(text, coding)
    for before, after in ((b"", b""), (b'{"request_id":"x",', b'"total":1}'), (b"x" * 1024, b"y" * 1024)):
        assert DECODERS[coding](spliced(before, text, piece, after, coding)) == before + text + after


@pytest.mark.parametrize("coding", CODINGS)
@settings(max_examples=60, deadline=None)
@given(text=st.binary(max_size=3000), before=st.binary(max_size=300), after=st.binary(max_size=300))
def test_any_bytes_may_be_around_a_piece(coding: Coding, text: bytes, before: bytes, after: bytes) -> None:
    assert DECODERS[coding](spliced(before, text, packed(text, coding), after, coding)) == before + text + after


@pytest.mark.parametrize("coding", CODINGS)
def test_a_splice_is_about_as_small_as_the_whole(coding: Coding) -> None:
    text = TEXTS["several blocks"]
    assert len(spliced(b"{", text, packed(text, coding), b"}", coding)) < 1.01 * len(coded(text, coding)) + 40


@pytest.mark.parametrize("coding", CODINGS)
def test_long_texts_around_a_piece_are_refused(coding: Coding) -> None:
    piece = packed(b"text", coding)
    for before, after in ((b"x" * 1025, b""), (b"", b"x" * 1025)):
        with pytest.raises(ValueError, match="1024 bytes"):
            spliced(before, b"text", piece, after, coding)
