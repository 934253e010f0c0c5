"""Embedding jobs of many pictures: their state in Redis, and the runner that processes them.

Must not know: routes.
"""
