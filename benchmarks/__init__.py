"""`lookalike benchmark`: runs Lookalike and other implementations on the same input, and prints ratios."""
