"""Inference engines: each runs a network for inference and is a `contracts.embedding_engine.EmbeddingEngine`."""
