"""The searches as machine code; importing this imports Numba, which takes most of a second."""

from index.exact.gathering import gather, rank
from index.exact.half_cosines import half_cosines
from index.exact.heap import sort_falling
from index.exact.kernels import mark_at_least, nearest, nearest_of
from index.exact.reranking import reranked

__all__ = ["gather", "half_cosines", "mark_at_least", "nearest", "nearest_of", "rank", "reranked", "sort_falling"]
