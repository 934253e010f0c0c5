"""When changes are made part of a new bundle."""

from datetime import UTC, datetime

from index.bundle_manifest import BundleManifest

# Speed does not ask for more: thousands of changes cost a search a few hundredths of a millisecond, and a new bundle of
# a million items writes gigabytes. But what was deleted is forgotten only when no bundle needs it any more.
_OLDEST_S = 86_400.0


def compaction_is_due(waiting: int, manifest: BundleManifest, *, max_changes: int, importing: bool) -> bool:
    """Whether the changes since a bundle should be made part of a new one.

    Args:
        waiting: how many there are.
        manifest: of the bundle.
        max_changes: how many may wait before writes are refused.
        importing: whether an import is under way, which is better taken in as a whole.
    """
    if importing:
        return waiting > max(2 * max_changes, manifest.items // 4)
    return waiting >= max_changes // 2 or (waiting > 0 and _age_s(manifest.created) > _OLDEST_S)


def _age_s(created: str) -> float:
    """Negative where the clock was set back, which is as good as new."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds()
    except (TypeError, ValueError):
        return 0.0
