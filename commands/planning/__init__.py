"""How large an installation must be: `lookalike plan`."""
