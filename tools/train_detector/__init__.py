"""Trains and scores the detector of garments that ships with Lookalike."""
