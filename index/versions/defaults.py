"""Default limits of a promotion and of pruning; docs/versions.md has the measurements behind them."""

# A bundle rebuilt with the same network differs through changes of the catalogue and through its reduction.
# With another network nearly every answer differs.
MIN_OVERLAP_SAME_MODEL = 0.5
MIN_OVERLAP_NEW_MODEL = 0.05
MAX_RECALL_LOSS = 0.02
MAX_ITEMS_LOST = 0.05
# Of an approximate version in a search engine.
MIN_RECALL = 0.95
SAMPLED = 500
KEPT = 5
