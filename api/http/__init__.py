"""HTTP itself: connections, bodies, parameters, routes' declarations, errors, keys, static files.

Must not know: the index and its items, jobs, how a photo is embedded, any single route.
"""
