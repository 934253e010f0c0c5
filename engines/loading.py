"""Loading versions of a folder of bundles into a search engine, and removing them there."""

import time
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import BundleError
from contracts.progress import ProgressBar, silent
from engines.engine import Engine
from index.bundle import Bundle
from index.current_version import is_version
from index.versions.bundle_folder import open_version
from index.versions.defaults import SAMPLED
from index.versions.golden import read_golden
from index.versions.held_versions import held_version
from index.versions.hold import held_for_change
from index.versions.measured_recall import MeasuredRecall, measure_recall
from index.versions.served_order import current_or_none
from index.versions.switching import settle


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded.

    Attributes:
        version: its name.
        items: number of its items.
        found: how many of them the engine held before, of an interrupted load or a complete one.
        seconds: that loading took, wall clock; without what was measured afterwards.
        approximate: whether searches may miss items.
        recall: of an approximate version; None: it is exact, or was measured before.
        is_current: whether CURRENT names the version.
    """

    version: str
    items: int
    found: int
    seconds: float
    approximate: bool
    recall: MeasuredRecall | None
    is_current: bool


def load_version(
    engine: Engine,
    bundles: Path,
    version: str,
    *,
    approximate: bool = False,
    sample: int = SAMPLED,
    like: str | None = None,
    progress_bar: ProgressBar = silent,
) -> Loaded:
    """Load a version, or the rest of it, and measure its recall if it is approximate.

    Args:
        engine: to load it into.
        bundles: folder of bundles.
        version: one of them.
        approximate: see `Engine.load`.
        sample: items to measure recall with, besides those of golden.json.
        like: a version that has most items in common with this one, see `Engine.load`; None: there is none.
        progress_bar: shows each piece of work.

    Raises:
        BundleError: the version is unknown or damaged, or the engine holds it in the other way.
        EngineError: the engine cannot hold it.
        SearchUnavailableError: the engine cannot answer now; what was loaded is kept, and the next load goes on there.
    """
    before = held_version(engine, version)
    bundle = open_version(bundles, version)
    if before is not None and before.approximate != approximate:
        raise BundleError(_other_way(engine, version, approximate=before.approximate))
    started = time.monotonic()
    if before is None or not before.complete:
        with progress_bar("Loading", "item") as progress:
            other = None if like is None else open_version(bundles, like)
            engine.load(bundle, approximate=approximate, like=other, progress=progress)
    seconds = time.monotonic() - started
    recall = None
    if approximate and (before is None or before.recall is None):
        recall = _measured(engine, bundles, bundle, sample, progress_bar)
    if is_current := current_or_none(bundles) == version:
        with held_for_change(bundles):
            settle(bundles, engine)
    found = 0 if before is None else before.loaded
    return Loaded(version, len(bundle.items), found, seconds, approximate, recall, is_current)


def unload_version(engine: Engine, bundles: Path, version: str, *, also_current: bool = False) -> bool:
    """Remove a version from the engine; whether there was one.

    Args:
        engine: to remove it from.
        bundles: folder of bundles, which keeps it.
        version: its name; it need not be in the folder.
        also_current: whether it may be the current one.

    Raises:
        BundleError: it is the current version, the name is none, or a promotion is under way.
        SearchUnavailableError: the engine cannot answer now.
    """
    if not is_version(version):
        raise BundleError(f"{version!r:.60} is not a version; `lookalike index list {bundles}` shows those that exist")
    with held_for_change(bundles):
        if not also_current and current_or_none(bundles) == version:
            raise BundleError(
                f"{version} is the current version, which an API may search in {engine}; promote another one first, or "
                "pass --current"
            )
        there = held_version(engine, version) is not None
        engine.remove(version)
    return there


def _measured(
    engine: Engine, bundles: Path, bundle: Bundle, sample: int, progress_bar: ProgressBar
) -> MeasuredRecall | None:
    with progress_bar("Measuring recall", "query") as progress:
        return measure_recall(engine, bundle, read_golden(bundles), sample, progress)


def _other_way(engine: Engine, version: str, *, approximate: bool) -> str:
    held, option = ("approximate", "with --approximate") if approximate else ("exact", "without --approximate")
    return (
        f"{engine} holds {version} already, loaded to be {held}; load it {option}, or build the bundle again and load "
        "that version"
    )
