"""`lookalike benchmark search`: our exact search beside other ways of finding the nearest, in one run."""
