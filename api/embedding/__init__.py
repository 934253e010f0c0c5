"""Turns photos into embeddings: sends them to the workers as jobs through Redis, and receives the replies.

Must not know: the index and its items, routes.
"""
