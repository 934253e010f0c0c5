"""How the API gets embeddings: by jobs to the workers through Redis."""
