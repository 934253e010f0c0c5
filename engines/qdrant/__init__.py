"""Qdrant as a search engine: a collection of a Qdrant server or cluster for each version of an index."""
