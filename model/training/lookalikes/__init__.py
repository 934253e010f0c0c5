"""The default recipe: embeddings whose nearest neighbours look alike, also from a customer's photo."""
