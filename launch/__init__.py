"""Starts and stops processes together: the embedded Redis, the worker, the API, the demo."""
