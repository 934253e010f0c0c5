"""`lookalike benchmark search-engines`: our search and engines of others, loaded with the same items."""
