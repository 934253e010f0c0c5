"""How good a search is: retrieval metrics over embeddings."""
