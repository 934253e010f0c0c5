"""`lookalike benchmark soak`: a mix of requests while one process after the other fails."""
