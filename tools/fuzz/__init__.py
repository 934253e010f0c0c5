"""`make fuzz`: feeds mutated real inputs to everything that reads what untrusted clients send."""
