"""Draws the sample catalogue: garment pictures with attributes, in DeepFashion's layout, as one archive."""
