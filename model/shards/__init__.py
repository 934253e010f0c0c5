"""The files of an extraction on workers: what each shard asks for, and what came of it."""
