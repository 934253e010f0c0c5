"""`lookalike benchmark live`: searching while the catalogue changes, and imports."""
