"""Files that survive a crash: atomic writes, checksums, locks; and the embeddings folder."""
