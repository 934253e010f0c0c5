"""Starts and stops what belongs together: the embedded Redis, the worker, the API, the demo."""
