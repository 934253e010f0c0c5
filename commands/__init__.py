"""The verbs of the `lookalike` command, a file each: what they take, and which room does the work."""
