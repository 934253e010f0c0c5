"""`lookalike benchmark`: peers and ours on the same input in one run, ratios printed."""
