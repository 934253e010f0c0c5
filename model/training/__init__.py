"""Fine-tuning on a catalogue: a package for each recipe, and beside them what the recipes share."""
