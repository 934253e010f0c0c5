"""How an index is built and searched unless somebody says otherwise; docs/training.md has the figures behind it."""

from typing import Literal

Scaling = Literal["minmax", "l2"]

SCALING: Scaling = "l2"
# Also the width of the first part of a two-part embedding, see `contracts.embedding_set`.
COMPONENTS = 30
WHITEN = False
RERANKED = 400
