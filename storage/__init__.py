"""Files that survive a crash: written whole or not at all, sealed, held by one process; and the embeddings folder."""
