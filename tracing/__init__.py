"""Spans of requests, jobs and batches: what records them, and what sends them to a collector."""
