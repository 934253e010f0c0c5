"""The disk of the bundles: whether another one fits."""

import shutil
from pathlib import Path

from checks.finding import Finding
from contracts.sizes import size_in_words

_SUBJECT = "disk"


def check_disk(bundles: Path, version: str | None) -> Finding:
    """Compare what is free with the size of a bundle, None for one that cannot be opened."""
    try:
        free_bytes = shutil.disk_usage(bundles).free
        folder = None if version is None else bundles / version
        needed_bytes = 0 if folder is None else sum(file.stat().st_size for file in folder.iterdir())
    except OSError as error:
        return Finding(_SUBJECT, "problem", f"{bundles} cannot be read ({error.strerror})", "correct the path")
    says = f"{size_in_words(free_bytes)} are free where {bundles} is"
    if free_bytes < needed_bytes or not free_bytes:
        return Finding(
            _SUBJECT,
            "problem",
            f"{says}, and the next bundle needs {size_in_words(needed_bytes)}",
            "free some space, or keep fewer bundles: `lookalike index promote --keep`",
        )
    return Finding(_SUBJECT, "ok", says)
