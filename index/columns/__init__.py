"""Columns of attributes, and their kinds."""
