"""What `lookalike check` looks at: one file per subject; each says what it found and, if it is wrong, what to do."""
