"""The verbs of the `lookalike` command, one file each: their arguments, and which room does the work."""
