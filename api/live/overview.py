"""What staff of a shop want to know at a glance: what is served, what waits, which versions there are."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from api.items.served_index import ServedIndex
from api.live.following import Following
from api.live.import_views import time_of
from contracts.errors import BundleError
from index.listing import BundleSummary, list_bundles


class Overview:
    """The state of the live catalogue as this process sees it.

    Args:
        served: holds the index.
        following: keeps it up to date.
        bundles: folder of bundles; None if this application keeps its first one.
    """

    def __init__(self, served: ServedIndex, following: Following, bundles: Path | None) -> None:
        self._served = served
        self._following = following
        self._bundles = None if bundles is None else bundles.resolve()

    async def members(self) -> dict[str, object]:
        """As members of a response."""
        versions = await asyncio.to_thread(self._versions)
        opened = self._served.opened
        changed_at = self._following.changed_at
        return {
            "index": None if opened is None else opened.summary,
            "waiting": 0 if opened is None else opened.live.changes,
            "changed_at": None if changed_at is None else time_of(changed_at),
            "bundles": None if self._bundles is None else str(self._bundles),
            "versions": [_members(bundle) for bundle in versions],
        }

    def _versions(self) -> Sequence[BundleSummary]:
        """The newest first; empty if the folder cannot be read, or while another process removes a version."""
        if self._bundles is None:
            return ()
        try:
            return list_bundles(self._bundles)[::-1]
        except (BundleError, OSError):
            return ()


def _members(bundle: BundleSummary) -> dict[str, object]:
    return {
        "version": bundle.version,
        "created": bundle.created,
        "items": bundle.items,
        "sequence": bundle.sequence,
        "current": bundle.is_current,
        "rollback": bundle.is_rollback_target,
    }
