"""The searches as machine code; importing this imports Numba, which takes most of a second."""

from index.exact.half_cosines import half_cosines
from index.exact.kernels import mark_at_least, nearest, nearest_of
from index.exact.reranking import reranked

__all__ = ["half_cosines", "mark_at_least", "nearest", "nearest_of", "reranked"]
