"""A version for serving: from its bundle alone, or its items from a search engine."""

from pathlib import Path

from contracts.errors import BundleError, EngineError
from engines.engine import Engine
from index.base_part import BasePart
from index.base_version import BaseVersion, held_elsewhere, in_memory
from index.bundle import open_reduction
from index.versions.bundle_folder import bundle_folder, open_version


def open_served(bundles: Path, version: str, engine: Engine | None) -> BaseVersion[BasePart]:
    """Open a version as it is served.

    Args:
        bundles: folder of bundles.
        version: of one of them.
        engine: holds the items; None: they are read into memory.

    Raises:
        BundleError, EngineError, SearchUnavailableError: see `open_version` and `open_held`.
    """
    return in_memory(open_version(bundles, version)) if engine is None else open_held(bundles, version, engine)


def open_held(bundles: Path, version: str, engine: Engine) -> BaseVersion[BasePart]:
    """Open a version that an engine holds; of the bundle only the manifest and the reduction are read.

    Args:
        bundles: folder of bundles.
        version: of one of them.
        engine: holds its items.

    Raises:
        BundleError: there is no such bundle, one of these two files is damaged, or it names another version.
        EngineError: the engine lacks the version, or a part of it, or holds another one of this name.
        SearchUnavailableError: the engine cannot answer now.
    """
    folder = bundle_folder(bundles, version)
    manifest, reduction = open_reduction(folder)
    if manifest.version != version:
        raise BundleError(f"{folder} contains the version {manifest.version}; rename the folder to that version")
    held = next((known for known in engine.versions() if known.version == version), None)
    load = f"load it with `lookalike index load {bundles} {version} --to URL`"
    if held is None:
        raise EngineError(f"{engine} does not hold index {version}; {load}")
    if not held.complete:
        raise EngineError(
            f"{engine} holds {held.loaded:,} of the {held.items:,} items of index {version} and is not complete; {load}"
        )
    part = engine.open(version)
    if len(part) != manifest.items:
        raise EngineError(
            f"{engine} holds an index {version} of {len(part):,} items, but the bundle in {folder} has "
            f"{manifest.items:,}; remove the version from the engine, and {load}"
        )
    return held_elsewhere(manifest, reduction, part, approximate=held.approximate, recall=held.recall)
