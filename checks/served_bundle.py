"""The current bundle: whether it can be served, and whether the pictures of its catalogue are there."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from checks.finding import Finding, problem_of
from contracts.catalogue_location import ObjectPrefix
from contracts.errors import BundleError, LaunchError, StoreUnavailableError
from index.bundle import Bundle
from index.current_version import current_version
from index.versions.bundle_folder import open_version

if TYPE_CHECKING:
    from api.settings import ApiSettings

_CATALOGUE = "catalogue"
_SAMPLED = 200


def open_served(bundles: Path) -> tuple[Finding, Bundle | None]:
    """Open the current bundle, which verifies the checksum of every file."""
    try:
        bundle = open_version(bundles, current_version(bundles))
    except BundleError as error:
        return problem_of("bundle", error), None
    says = f"{bundle.version} is whole: {len(bundle.items):,} items, network {bundle.model.version}"
    return Finding("bundle", "ok", says), bundle


def check_catalogue(bundle: Bundle, settings: "ApiSettings | None") -> Finding:
    """Look for the pictures of some items, evenly spread over the bundle."""
    if find_spec("api") is None:
        return Finding(_CATALOGUE, "note", "not checked: only the API reads it", "run this where the API runs")
    if settings is None:
        return Finding(_CATALOGUE, "note", "not checked: the API's settings say where it is", "correct them first")
    from api.items.catalogue_root import catalogue_root

    try:
        root = catalogue_root(bundle.catalogue_root, settings)
    except BundleError as error:
        return problem_of(_CATALOGUE, error)
    if isinstance(root, Path) and not root.is_dir():
        return _missing(f"{root}, the folder of its pictures, does not exist")
    rows = np.unique(np.linspace(0, len(bundle.items) - 1, min(_SAMPLED, len(bundle.items))).astype(int)).tolist()
    paths = [bundle.items.image(row) for row in rows]
    try:
        missing = _missing_paths(root, paths)
    except (LaunchError, StoreUnavailableError) as error:
        return problem_of(_CATALOGUE, error)
    if missing:
        return _missing(
            f"{len(missing)} of {len(paths)} pictures that were looked for below {root} cannot be read, such as "
            f"{missing[0]}"
        )
    return Finding(_CATALOGUE, "ok", f"{len(paths)} of its pictures were looked for below {root}, and all are there")


def _missing_paths(root: Path | ObjectPrefix, paths: list[str]) -> list[str]:
    if isinstance(root, Path):
        return [path for path in paths if not _readable(root / path)]
    from storage.object_store import open_object_store

    store = open_object_store(root.url, any_name=True)
    return [path for path in paths if store.facts(path) is None]


def _readable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)


def _missing(says: str) -> Finding:
    return Finding(
        _CATALOGUE,
        "problem",
        says,
        "set LOOKALIKE_CATALOGUE_ROOT to the folder where they are, let this user read it, or extract and build again",
    )
