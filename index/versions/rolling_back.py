"""Returning to the version that was current before."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.errors import BundleError
from index.current_version import current_version, set_current
from index.versions.history import write_change
from index.versions.hold import held_for_change
from index.versions.promotion import WorkerProblem, open_candidate
from index.versions.trail import rollback_target


@dataclass(frozen=True, slots=True)
class Rollback:
    """What was rolled back.

    Attributes:
        previous: the version that was current.
        version: the one that is current now.
        model: its network.
        items: how many it holds.
        next_target: what another rollback would return to, None when there is nothing before it.
    """

    previous: str
    version: str
    model: str
    items: int
    next_target: str | None


def roll_back(bundles: Path, *, worker_problem: WorkerProblem | None, now: datetime) -> Rollback:
    """Make the version current that was served before; `index.versions.trail` says which that is.

    Its checksums and its worker are checked as for a promotion. It is compared with nothing: a rollback
    must not fail because the version it leaves is bad.

    Args:
        worker_problem: asked about the model version; None: do not ask.
        now: time of the change, with a time zone.

    Raises:
        BundleError: there is nothing to return to, it is damaged or without a worker, the history is damaged,
            a promotion is under way, or the disk refuses.
    """
    with held_for_change(bundles):
        current = current_version(bundles)
        version = rollback_target(bundles)
        if version is None:
            raise BundleError(
                f"no version that was served before {current} is left in {bundles}; `lookalike index list {bundles}` "
                f"names what there is, and `lookalike index promote {bundles} VERSION` makes one of them current"
            )
        bundle = open_candidate(bundles, version, worker_problem, current)
        write_change(bundles, "rollback", previous=current, version=version, now=now)
        set_current(bundles, version)
        return Rollback(current, version, bundle.model.version, len(bundle.items), rollback_target(bundles))
