"""Trains the network that ships with Lookalike, on a GPU, from pictures of three kinds: shop, phone and street."""
