"""The disk of the bundles: whether another one fits."""

import shutil
from pathlib import Path

from checks.finding import Finding

_SUBJECT = "disk"
_MB = 1_000_000


def check_disk(bundles: Path, version: str | None) -> Finding:
    """Compare what is free with the size of a bundle, None for one that cannot be opened."""
    try:
        free_bytes = shutil.disk_usage(bundles).free
        folder = None if version is None else bundles / version
        needed_bytes = 0 if folder is None else sum(file.stat().st_size for file in folder.iterdir())
    except OSError as error:
        return Finding(_SUBJECT, "problem", f"{bundles} cannot be read ({error.strerror})", "correct the path")
    says = f"{free_bytes / _MB:,.0f} MB are free where {bundles} is"
    if free_bytes < needed_bytes or not free_bytes:
        return Finding(
            _SUBJECT,
            "problem",
            f"{says}, and the next bundle needs {needed_bytes / _MB:,.0f} MB",
            "free some space, or keep fewer bundles: `lookalike index promote --keep`",
        )
    return Finding(_SUBJECT, "ok", says)
