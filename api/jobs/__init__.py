"""Embedding jobs of many pictures: their state in Redis, and who works them off.

Must not know: routes.
"""
