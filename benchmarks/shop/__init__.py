"""`python -m benchmarks.shop`: the example shop in Chromium on a slow line."""
