"""Long embedding jobs: their state in Redis, and who works them off."""
