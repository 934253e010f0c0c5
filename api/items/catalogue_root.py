"""Which pictures are served: a bundle may come from elsewhere, and must not choose freely where they are."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api.settings import ApiSettings
from contracts.catalogue_location import ObjectPrefix, catalogue_location
from contracts.errors import BundleError
from storage.object_names import is_object_name

# No catalogue is in one of these.
_NOT_ALLOWED: Final = "which is in none of LOOKALIKE_ALLOWED_CATALOGUES"
_SYSTEM_FOLDERS: Final = tuple(map(Path, ("/boot", "/dev", "/etc", "/proc", "/sys")))


def catalogue_root(named: str, settings: ApiSettings) -> Path | ObjectPrefix:
    """What the paths of an index's pictures are relative to: a folder, resolved, or a prefix of an object store.

    Args:
        named: by the bundle.
        settings: of the process; its `catalogue_root` replaces the bundle's, its `allowed_catalogues` limit it.

    Raises:
        BundleError: the bundle names a folder or URL that it may not.
    """
    if settings.catalogue_root is not None:
        root = settings.catalogue_root
        return root if isinstance(root, ObjectPrefix) else root.resolve()
    location = catalogue_location(named)
    if isinstance(location, ObjectPrefix):
        return _allowed_prefix(location, settings.allowed_catalogues)
    problem = _problem(named, [place for place in settings.allowed_catalogues if isinstance(place, Path)])
    if (
        problem is None
        and settings.allowed_catalogues
        and not any(isinstance(place, Path) for place in settings.allowed_catalogues)
    ):
        problem = _NOT_ALLOWED
    if problem is not None:
        raise BundleError(
            f"the index names {named!r:.200} as the folder of its pictures, {problem}; set LOOKALIKE_CATALOGUE_ROOT to "
            "the folder where they are, or build the index from embeddings of another catalogue"
        )
    return Path(named).resolve()


def _allowed_prefix(prefix: ObjectPrefix, allowed: Sequence[Path | ObjectPrefix]) -> ObjectPrefix:
    # The process may have rights to more than this catalogue, so a bundle alone cannot open anything.
    problem: str | None = _NOT_ALLOWED
    if any(isinstance(place, ObjectPrefix) and prefix.is_in(place) for place in allowed):
        problem = None if _is_plain(prefix) else "which is no URL of an object store"
    if problem is not None:
        raise BundleError(
            f"the index names {prefix.url!r:.200} as the place of its pictures, {problem}; set "
            "LOOKALIKE_CATALOGUE_ROOT to their URL, or LOOKALIKE_ALLOWED_CATALOGUES to the URLs that indexes may name"
        )
    return prefix


def _is_plain(prefix: ObjectPrefix) -> bool:
    return is_object_name(prefix.url.partition("://")[2], any_name=True)


def _problem(named: str, allowed: Sequence[Path]) -> str | None:
    if "\0" in named or not os.path.isabs(named):  # noqa: PTH117 - it may be no path at all
        return "which is not an absolute path"
    root = Path(named).resolve()
    if allowed and not any(root.is_relative_to(folder.resolve()) for folder in allowed):
        return _NOT_ALLOWED
    if root == Path(root.anchor):
        return "which is the whole file system"
    if any(root.is_relative_to(folder) for folder in _SYSTEM_FOLDERS):
        return "which belongs to the system"
    return None
