"""Embeddings on disk, their reduction, exact search, filters, and the bundle that holds it all."""
