"""Making a version current, if it is within the budget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.errors import BundleError
from contracts.progress import Progress
from index.bundle import Bundle
from index.bundle_manifest import read_manifest
from index.part_searcher import PartSearcher
from index.searcher import Searcher
from index.versions.budget import Budget, Check, judge
from index.versions.bundle_folder import bundle_folder, open_version
from index.versions.comparison import Comparison, compare
from index.versions.defaults import KEPT, SAMPLED
from index.versions.golden import read_golden
from index.versions.held_versions import complete_version, is_complete, searcher_in
from index.versions.hold import held_for_change
from index.versions.holder import Holder
from index.versions.measured_recall import measure_recall, recall_check
from index.versions.pruning import Pruning, remove_old
from index.versions.served_order import current_or_none
from index.versions.switching import settle, switch

# Takes a model version; returns what is wrong with its workers, or None.
WorkerProblem = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Promotion:
    """The result of a promotion.

    Attributes:
        version: the candidate.
        previous: the version that was current before; None if there was none.
        promoted: whether the candidate is current now.
        comparison: of the two; None if there was nothing to compare with.
        checks: the budget's; the candidate is refused if one failed.
        not_compared: a sentence on why there is no comparison; None if there is one.
        pruning: what was removed afterwards; None if the candidate was refused.
    """

    version: str
    previous: str | None
    promoted: bool
    comparison: Comparison | None
    checks: tuple[Check, ...]
    not_compared: str | None
    pruning: Pruning | None


def promote(
    bundles: Path,
    version: str,
    *,
    worker_problem: WorkerProblem | None,
    engine: Holder | None = None,
    budget: Budget | None = None,
    relevant: Sequence[str] | None = None,
    sample: int = SAMPLED,
    keep: int = KEPT,
    now: datetime,
    progress: Progress | None = None,
) -> Promotion:
    """Verify a version, compare it with the current one, and make it current if it is within the budget.

    If it is killed at any moment, CURRENT names the old version or the new one, and the history agrees.
    Of two promotions at the same time, the second is refused.

    With an engine, the candidate must be complete in it and is searched there, and so is the current version if it is
    complete, too. The recall of an approximate candidate is measured, and noted in the engine.

    Args:
        worker_problem: called with the candidate's model version; None skips the check.
        engine: the search engine that serves versions; None: they are searched in memory.
        budget: None: the defaults.
        relevant, sample, progress: see `index.versions.comparison.compare`.
        keep: number of bundles to keep, see `index.versions.pruning.remove_old`.
        now: time of the change, with a time zone.

    Returns:
        The result, also if the candidate is over the budget; CURRENT is then unchanged.

    Raises:
        BundleError: the version is unknown, already current or damaged, there is no worker for it, the engine does not
            hold all of it, golden.json is malformed, another promotion is under way, or a file cannot be written.
        SearchUnavailableError: the engine cannot answer now; CURRENT is unchanged.
    """
    bundle_folder(bundles, version)
    with held_for_change(bundles):
        settle(bundles, engine)
        previous = current_or_none(bundles)
        if previous == version:
            raise BundleError(f"{version} is already current; there is nothing to do")
        candidate = open_candidate(bundles, version, worker_problem, previous, engine)
        golden = read_golden(bundles)
        current, not_compared = _to_compare_with(bundles, previous)
        comparison: Comparison | None = None
        checks: tuple[Check, ...] = ()
        if engine is not None and complete_version(engine, version).approximate:
            checks = (recall_check(measure_recall(engine, candidate, golden, sample), budget or Budget()),)
        if current is not None:
            comparison = compare(
                current,
                candidate,
                golden=golden,
                relevant=relevant,
                sample=sample,
                searchers=_searchers(current, candidate, engine),
                progress=progress,
            )
            checks = (*judge(comparison, budget or Budget()), *checks)
        promoted = all(check.passed for check in checks)
        pruning = None
        if promoted:
            switch(bundles, "promote", previous=previous, version=version, engine=engine, now=now)
            pruning = remove_old(bundles, version, keep=keep, engine=engine)
    return Promotion(version, previous, promoted, comparison, checks, not_compared, pruning)


def open_candidate(
    bundles: Path,
    version: str,
    worker_problem: WorkerProblem | None,
    current: str | None,
    engine: Holder | None = None,
) -> Bundle:
    """Open a version that is to become current.

    Of the model that is served already, the change needs no other worker than before, so none is looked for.

    Raises:
        BundleError: it is damaged, its model has no worker, or the engine does not hold all of it.
        SearchUnavailableError: the engine cannot answer now.
    """
    stays = "there is still no current version" if current is None else f"{current} stays current"
    try:
        if engine is not None:
            complete_version(engine, version)
        bundle = open_version(bundles, version)
    except BundleError as error:
        raise BundleError(f"{version} is refused: {error}; {stays}") from error
    problem = None
    if worker_problem is not None and not _is_served(bundles, current, bundle.model.version):
        problem = worker_problem(bundle.model.version)
    if problem is not None:
        raise BundleError(
            f"{version} is refused: {problem}; start a worker of that model and run this again, or skip this check "
            f"with --offline (photos then get a 503 until a worker runs); {stays}"
        )
    return bundle


def _searchers(current: Bundle, candidate: Bundle, engine: Holder | None) -> tuple[Searcher, Searcher] | None:
    """Who searches the two as the API does or will: the engine, as far as it holds them."""
    if engine is None:
        return None
    before = searcher_in(engine, current) if is_complete(engine, current.version) else PartSearcher.of(current)
    return before, searcher_in(engine, candidate)


def _is_served(bundles: Path, current: str | None, model_version: str) -> bool:
    if current is None:
        return False
    try:
        return read_manifest(bundles / current).model.version == model_version
    except BundleError:
        return False


def _to_compare_with(bundles: Path, current: str | None) -> tuple[Bundle | None, str | None]:
    if current is None:
        return None, "no version was current, so there was nothing to compare with"
    try:
        return open_version(bundles, current), None
    except BundleError as error:
        # A damaged bundle must not prevent an intact one from replacing it.
        return None, f"the current version cannot be opened, so nothing was compared ({error})"
