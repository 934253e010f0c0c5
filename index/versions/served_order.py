"""The order in which versions were served, which a rollback goes back through."""

from collections.abc import Sequence
from pathlib import Path

from contracts.errors import BundleError
from index.current_version import current_version
from index.versions.bundle_folder import versions_in
from index.versions.history import Change, read_history


def current_or_none(bundles: Path) -> str | None:
    """The version that CURRENT names, or None if CURRENT is missing or invalid."""
    try:
        return current_version(bundles)
    except BundleError:
        return None


def served_order(changes: Sequence[Change], current: str | None) -> list[str]:
    """The versions in the order in which they were served, the current one last.

    A promotion appends a version. A rollback cuts the order back to the version that it returned to. A compaction takes
    the place of the version that it was made of: both answer alike, so nobody wants to return from one to the other.
    A change did not take effect if what follows it (the next line, or CURRENT) still names the version
    that it was to replace. A CURRENT that was edited manually counts as a promotion.

    Args:
        changes: oldest first.
        current: the version that CURRENT names; None if that is unknown.
    """
    order: list[str] = []
    for number, change in enumerate(changes, 1):
        following = changes[number].previous if number < len(changes) else current
        _step_to(order, change.previous)
        if following == change.previous:
            continue
        if change.action == "rollback":
            _cut_back(order, change.version)
        elif change.action == "compact" and order:
            order.pop()
        _step_to(order, change.version)
    _step_to(order, current)
    return order


def rollback_target(bundles: Path) -> str | None:
    """The version that a rollback would return to: the last one served before the current one that still exists.

    If the history has no promotion of the current version, or of the one that it was compacted of, as in a folder older
    than its history, it is the newest version older than that.

    Returns:
        None if there is no such version, or no current version.

    Raises:
        BundleError: there is no such folder, or its history is damaged.
    """
    current = current_or_none(bundles)
    if current is None:
        return None
    return return_from(current, read_history(bundles), versions_in(bundles))


def return_from(current: str, changes: Sequence[Change], present: Sequence[str]) -> str | None:
    """The version that a rollback from the current one would return to, see `rollback_target`.

    Args:
        current: the version.
        changes: oldest first.
        present: the versions that there are, oldest first.
    """
    earlier = served_order(changes, current)[:-1]
    *alike, origin = _compacted_of(changes, current)
    if not earlier and not any(change.action == "promote" and change.version == origin for change in changes):
        earlier = [version for version in present if version < origin and version not in alike]
    return next((version for version in reversed(earlier) if version in present and version != current), None)


def _compacted_of(changes: Sequence[Change], version: str) -> list[str]:
    """A version, the one that it is a compaction of, and so on to one that was promoted or built."""
    chain = [version]
    for change in reversed(changes):
        if change.action == "compact" and change.version == chain[-1] and change.previous is not None:
            chain.append(change.previous)
    return chain


def _step_to(order: list[str], version: str | None) -> None:
    if version is not None and order[-1:] != [version]:
        order.append(version)


def _cut_back(order: list[str], version: str) -> None:
    """Remove the last version, and all after the latest occurrence of `version`."""
    order.pop()
    while order and order[-1] != version:
        order.pop()
