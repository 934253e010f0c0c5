"""What a promotion may change and keeps unless somebody says otherwise; docs/versions.md has the figures behind it."""

# A re-built bundle of the same network differs by what its catalogue gained and lost and by its reduction,
# another network in nearly every answer.
MIN_OVERLAP_SAME_MODEL = 0.5
MIN_OVERLAP_NEW_MODEL = 0.05
MAX_RECALL_LOSS = 0.02
MAX_ITEMS_LOST = 0.05
SAMPLED = 500
KEPT = 5
