"""What `min_score=auto` keeps and cuts off, measured on a catalogue with labels."""
