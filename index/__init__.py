"""The reduction of embeddings, exact search, filters, and the bundle that stores them."""
