"""One file for each thing that HTTP can ask."""
