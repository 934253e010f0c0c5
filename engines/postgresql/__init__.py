"""PostgreSQL with pgvector as a search engine. Nothing else in this room knows SQL."""
