"""How a photo becomes an embedding: as a job to a worker, through Redis, and its reply.

Must not know: the index and its items, routes.
"""
