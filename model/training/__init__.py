"""Fine-tuning a network on a catalogue: splits, triplets, losses, cached features, curves, the article's recipe."""
