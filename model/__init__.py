"""From catalogue pictures to embeddings: readers, preprocessing, networks, engine, extraction and training."""
