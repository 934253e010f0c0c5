"""Programs for whoever works on Lookalike; no part of the product, in no wheel and no image."""
