"""The versions of an index: compared, promoted within a budget, rolled back, removed when they are old."""
