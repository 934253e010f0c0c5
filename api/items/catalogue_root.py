"""Which folder's pictures are served: a bundle may come from elsewhere, and must not choose freely."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api.settings import ApiSettings
from contracts.errors import BundleError

# No catalogue is in one of these.
_SYSTEM_FOLDERS: Final = tuple(map(Path, ("/boot", "/dev", "/etc", "/proc", "/sys")))


def catalogue_root(named: str, settings: ApiSettings) -> Path:
    """The folder that the paths of an index's pictures are relative to, resolved.

    Args:
        named: by the bundle.
        settings: of the process; its `catalogue_root` replaces the bundle's, its `allowed_catalogues` limit it.

    Raises:
        BundleError: the bundle names a folder that it may not.
    """
    if settings.catalogue_root is not None:
        return settings.catalogue_root.resolve()
    problem = _problem(named, settings.allowed_catalogues)
    if problem is not None:
        raise BundleError(
            f"the index names {named!r:.200} as the folder of its pictures, {problem}; set LOOKALIKE_CATALOGUE_ROOT to "
            "the folder where they are, or build the index from embeddings of another catalogue"
        )
    return Path(named).resolve()


def _problem(named: str, allowed: Sequence[Path]) -> str | None:
    if "\0" in named or not os.path.isabs(named):  # noqa: PTH117 - it may be no path at all
        return "which is not an absolute path"
    root = Path(named).resolve()
    if allowed and not any(root.is_relative_to(folder.resolve()) for folder in allowed):
        return "which is in none of LOOKALIKE_ALLOWED_CATALOGUES"
    if root == Path(root.anchor):
        return "which is the whole file system"
    if any(root.is_relative_to(folder) for folder in _SYSTEM_FOLDERS):
        return "which belongs to the system"
    return None
