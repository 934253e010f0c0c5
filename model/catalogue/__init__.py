"""Catalogue readers: a folder of pictures, a CSV file, or a DeepFashion root become lists of items."""
