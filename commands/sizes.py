"""Sizes of files in words."""


def size_in_words(size_bytes: int) -> str:
    """In MB, and in kB what would be next to nothing in MB."""
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 1e6 else f"{size_bytes / 1e3:,.1f} kB"
