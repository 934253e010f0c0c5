"""Finds garments in photos: the network, its graph, and what becomes of its outputs."""
