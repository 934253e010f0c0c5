"""Default settings for building and searching an index; docs/training.md has the measurements behind them."""

from typing import Literal

Scaling = Literal["minmax", "l2"]

SCALING: Scaling = "l2"
# Also the width of the first part of a two-part embedding, see `contracts.embedding_set`.
COMPONENTS = 30
WHITEN = False
RERANKED = 400
