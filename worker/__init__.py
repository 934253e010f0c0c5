"""Turns pictures into embeddings, in batches, for whoever asks through Redis."""
