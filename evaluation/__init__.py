"""Evaluation of search quality: retrieval metrics over embeddings."""
