"""The live catalogue: follows the changes in its database, and writes them.

One direction: a write goes into the database, and from there into the index of every process, its own among them.
Must not know: routes.
"""
