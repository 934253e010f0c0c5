"""Search engines outside this process: PostgreSQL with pgvector, and Qdrant. They hold versions of an index."""
