"""The versions that a search engine holds, as a change of the served version sees them."""

from contracts.errors import BundleError
from contracts.search_defaults import RERANKED
from index.bundle import Bundle
from index.part_searcher import PartSearcher
from index.versions.holder import Held, Holder


def held_version(engine: Holder, version: str) -> Held | None:
    """What the engine holds of a version, complete or not; None if it has nothing of it.

    Raises:
        SearchUnavailableError: the engine cannot answer now.
    """
    return next((held for held in engine.versions() if held.version == version), None)


def is_complete(engine: Holder, version: str) -> bool:
    """Whether the engine holds all of a version.

    Raises:
        SearchUnavailableError: the engine cannot answer now.
    """
    held = held_version(engine, version)
    return held is not None and held.complete


def complete_version(engine: Holder, version: str) -> Held:
    """A version that the engine holds completely.

    Raises:
        BundleError: it does not; the message says how much is there.
        SearchUnavailableError: the engine cannot answer now.
    """
    held = held_version(engine, version)
    if held is None:
        raise BundleError(f"{engine} does not hold {version}; `lookalike index load BUNDLES {version}` loads it")
    if not held.complete:
        raise BundleError(
            f"{engine} holds only {held.loaded:,} of the {held.items:,} items of {version}, or lacks its indexes; "
            f"`lookalike index load BUNDLES {version}` finishes it"
        )
    return held


def searcher_in(engine: Holder, bundle: Bundle) -> PartSearcher:
    """Searches a version in the engine, as the API would.

    Args:
        bundle: the same version, whose reduction is applied here.

    Raises:
        EngineError: the engine does not hold all of it.
        SearchUnavailableError: the engine cannot answer now.
    """
    return PartSearcher(
        engine.open(bundle.version), bundle.reduction, window=RERANKED, resemblance_from=bundle.resemblance_from
    )
