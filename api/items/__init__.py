"""The open index and what answers need of it: item views, pictures, lists, following the current version."""
