"""Finding garments in a photo."""
