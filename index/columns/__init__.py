"""Columns of attributes, and the kinds that they come in."""
