"""Exact search that skips rows which provably cannot be among the results."""
