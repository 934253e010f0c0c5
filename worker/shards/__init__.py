"""Extraction on workers: who hands out the shards of a catalogue, and who embeds them."""
