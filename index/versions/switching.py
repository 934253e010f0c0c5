"""Changing the served version in a folder of bundles, and in the search engine that serves it."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from contracts.errors import BundleError, EngineError, SearchUnavailableError
from index.current_version import set_current
from index.versions.held_versions import is_complete
from index.versions.history import Action, write_change
from index.versions.holder import Holder
from index.versions.served_order import current_or_none


def switch(
    bundles: Path, action: Action, *, previous: str | None, version: str, engine: Holder | None, now: datetime
) -> None:
    """Make a version current: in the engine, in the history, and in CURRENT, which decides; the caller holds the lock.

    If it is killed in between, `settle` brings the engine back to what CURRENT names.

    Args:
        engine: that holds the version completely; None: versions are searched in memory.
        now: with a time zone.

    Raises:
        SearchUnavailableError: the engine cannot answer now; CURRENT and the history are unchanged.
        BundleError: the history is damaged, or there is no such bundle; CURRENT is unchanged.
        OSError: a file cannot be written; CURRENT is unchanged.
    """
    if engine is not None:
        engine.make_current(version)
    try:
        write_change(bundles, action, previous=previous, version=version, now=now)
        set_current(bundles, version)
    except (BundleError, OSError):
        # The reason is what people must know; the next change settles what cannot be settled now.
        with suppress(SearchUnavailableError, EngineError):
            settle(bundles, engine)
        raise


def settle(bundles: Path, engine: Holder | None) -> None:
    """Tell the engine which version CURRENT names, because a change may have been killed between the two.

    Raises:
        SearchUnavailableError: the engine cannot answer now.
    """
    current = current_or_none(bundles)
    if engine is not None and current is not None and is_complete(engine, current):
        engine.make_current(current)
