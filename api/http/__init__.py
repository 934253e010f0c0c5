"""HTTP itself: connections, bodies, parameters, errors, keys and static files. Knows nothing of items."""
