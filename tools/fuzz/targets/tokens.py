"""Query tokens, as they are and sealed, as whoever knows their form could make them; what is read is searched with."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
import orjson

from api.http.problems import ServiceProblem
from api.items.photo_query import PhotoQuery
from api.items.query_token import MAX_TOKEN_CHARACTERS, read_token, token_of
from api.items.rounded_embedding import RoundedEmbedding
from api.routes.searching import described_photo
from contracts.box import Box
from index.bundle import open_current
from index.exact.compiling_ahead import compile_searches
from index.part_searcher import PartSearcher
from index.query import SearchQuery
from tools.fuzz.small_index import small_index
from tools.fuzz.target import Check, FaultError, Target

_MODEL: Final = "fuzzed-0123456789ab"
_CHECKSUM_BYTES: Final = 8


@contextmanager
def _opened() -> Iterator[Check]:
    # Loading the compiled searches takes a second, which is not the first query's fault.
    compile_searches()
    with small_index() as bundles:
        searcher = PartSearcher.of(open_current(bundles))

        def check(data: bytes) -> None:
            for text in (data.decode("latin-1"), _sealed(data)):
                try:
                    photo = read_token(text, model_version=_MODEL)
                except ServiceProblem as problem:
                    if problem.code not in {"invalid_parameter", "token_outdated"}:
                        raise FaultError(f"refused as {problem.code}") from problem
                    orjson.dumps(str(problem))
                    continue
                if token_of(photo, model_version=_MODEL) != text:
                    raise FaultError("the token has another spelling")
                page = searcher.find(SearchQuery(min_score="auto"), photo.embedding.full())
                if not np.isfinite([item.score for item in page.items]).all():
                    raise FaultError("a score is not finite")
                orjson.dumps(described_photo(photo, token=text))

        yield check


def _sealed(content: bytes) -> str:
    """The token of some bytes, with the checksum that goes with them."""
    whole = content + hashlib.blake2b(content, digest_size=_CHECKSUM_BYTES).digest()
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode("ascii")


def _seeds() -> Sequence[bytes]:
    seeds = []
    for box, category, length in (
        (None, None, 1.0),
        (Box(0.1, 0.2, 0.9, 0.8), ("Tshirts", 0.93), 1e-29),
        (None, ("Übergröße", 1.0), 9e8),
    ):
        embedding = np.linspace(-length, length, 512, dtype=np.float32)
        token = token_of(PhotoQuery(RoundedEmbedding.of(embedding), 60, 80, box, category), model_version=_MODEL)
        if token is not None:
            text = token.encode("ascii")
            content = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
            seeds += [text, content[:-_CHECKSUM_BYTES]]
    return [*seeds, b"", b"A" * MAX_TOKEN_CHARACTERS]


TOKENS = Target("tokens", _opened, _seeds, limit_s=0.5)
