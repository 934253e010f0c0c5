"""Versions of an index: comparison, promotion within a budget, rollback, removal of old ones."""
