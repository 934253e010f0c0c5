"""The worker: turns pictures into embeddings, in batches, for clients that ask through Redis."""
