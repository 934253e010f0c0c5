"""Returning to the previously served version."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.errors import BundleError
from index.current_version import current_version
from index.versions.hold import held_for_change
from index.versions.holder import Holder
from index.versions.promotion import WorkerProblem, open_candidate
from index.versions.served_order import rollback_target
from index.versions.switching import settle, switch


@dataclass(frozen=True, slots=True)
class Rollback:
    """The result of a rollback.

    Attributes:
        previous: the version that was current.
        version: the version that is current now.
        model: version of its network.
        items: number of its items.
        next_target: the version that another rollback would return to; None if there is none.
    """

    previous: str
    version: str
    model: str
    items: int
    next_target: str | None


def roll_back(
    bundles: Path, *, worker_problem: WorkerProblem | None, engine: Holder | None = None, now: datetime
) -> Rollback:
    """Make the previously served version current; `index.versions.served_order` decides which that is.

    Its checksums and its worker are checked as for a promotion. It is not compared with the current
    version, because a rollback must not fail when that version is bad.

    Args:
        worker_problem: called with the model version; None skips the check.
        engine: the search engine that serves versions, which must hold all of this one; None: there is none.
        now: time of the change, with a time zone.

    Raises:
        BundleError: there is no version to return to, it is damaged or has no worker, the engine does not hold it, the
            history is damaged, a promotion is under way, or a file cannot be written.
        SearchUnavailableError: the engine cannot answer now; CURRENT is unchanged.
    """
    with held_for_change(bundles):
        settle(bundles, engine)
        current = current_version(bundles)
        version = rollback_target(bundles)
        if version is None:
            raise BundleError(
                f"no version that was served before {current} is left in {bundles}; `lookalike index list {bundles}` "
                f"shows those that exist, and `lookalike index promote {bundles} VERSION` makes one of them current"
            )
        bundle = open_candidate(bundles, version, worker_problem, current, engine)
        switch(bundles, "rollback", previous=current, version=version, engine=engine, now=now)
        return Rollback(current, version, bundle.model.version, len(bundle.items), rollback_target(bundles))
