"""Which pictures are accepted, and how their bytes become pixels."""
