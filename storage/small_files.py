"""Reading files that are small unless somebody wants to do harm."""

from pathlib import Path


def read_small(path: Path, *, most_bytes: int) -> bytes:
    """The content of a file.

    Args:
        path: of the file.
        most_bytes: size of the largest one that may be expected.

    Raises:
        ValueError: it is larger; no more than that is read.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"it has over {most_bytes:,} bytes")
    return content
