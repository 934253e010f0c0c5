"""Exact search that skips what provably cannot be among the wanted."""
