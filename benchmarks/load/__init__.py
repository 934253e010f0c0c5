"""`lookalike benchmark load`: photos from many clients at once, to us and to the usual ways to serve a network."""
