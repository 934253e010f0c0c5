"""`lookalike index promote | rollback | diff`."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from commands.index_engine import asked_engine
from commands.options import Verbs, add_bundles, add_bundles_or_url, add_search_url, columns, natural, positive
from contracts.object_urls import is_object_url
from index.versions.defaults import (
    KEPT,
    MAX_ITEMS_LOST,
    MAX_RECALL_LOSS,
    MIN_OVERLAP_NEW_MODEL,
    MIN_OVERLAP_SAME_MODEL,
    MIN_RECALL,
    SAMPLED,
)


def add_actions(actions: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the actions."""
    promote = actions.add_parser(
        "promote",
        help="check a version and make it current",
        description="Verify a bundle, check that a worker of its network is alive unless that network is served "
        "already, replay golden and sampled queries on the current bundle and this one, and make it current if "
        "everything is within the budget. Otherwise nothing changes and the exit status is 1. With a search engine, "
        "which must hold the version, the queries are asked there. In: BUNDLES and, if it exists, "
        "BUNDLES/golden.json. Out: a table. Takes some seconds for a hundred thousand items. In an object store, the "
        "version's files are checked to be there, and nothing is replayed or removed.",
    )
    add_bundles_or_url(promote)
    promote.add_argument("version", metavar="VERSION", help="as `index list` names it")
    add_promotion(promote)
    promote.set_defaults(run=_promote)
    rollback = actions.add_parser(
        "rollback",
        help="return to the version served before",
        description="Return to the version that was served before the current one; run it again to go back further. "
        "Checks files and worker, not the answers. Takes a second or two. In an object store, every machine that "
        "follows it returns too.",
    )
    add_bundles_or_url(rollback)
    _add_offline(rollback)
    add_search_url(rollback)
    rollback.set_defaults(run=_rollback)
    diff = actions.add_parser(
        "diff",
        help="compare two versions",
        description="Compare two bundles as `index promote` does: items, reduction, the answers to golden and sampled "
        "queries, and the queries whose answers changed most. Takes some seconds for a hundred thousand items.",
    )
    add_bundles(diff)
    diff.add_argument("versions", metavar="VERSION", help="the old one; or, alone, one to compare with the current one")
    diff.add_argument("new", metavar="VERSION", nargs="?", help="the new one")
    _add_replay(diff)
    diff.add_argument("--json", type=Path, metavar="FILE", help="also write every figure to this file")
    diff.set_defaults(run=_diff)


def add_promotion(parser: argparse.ArgumentParser) -> None:
    """The options of a promotion."""
    _add_offline(parser)
    add_search_url(parser)
    _add_replay(parser)
    budget = parser.add_argument_group("budget", "what a promotion may change")
    budget.add_argument(
        "--min-overlap",
        type=_share,
        metavar="SHARE",
        help="the least share of the first ten look-alikes that must stay, on average "
        f"({MIN_OVERLAP_SAME_MODEL:g}; {MIN_OVERLAP_NEW_MODEL:g} for another network)",
    )
    budget.add_argument(
        "--max-recall-loss",
        type=_share,
        default=MAX_RECALL_LOSS,
        metavar="SHARE",
        help=f"by how much fine recall may fall ({MAX_RECALL_LOSS:g})",
    )
    budget.add_argument(
        "--max-items-lost",
        type=_share,
        default=MAX_ITEMS_LOST,
        metavar="SHARE",
        help=f"share of the current items that may be missing ({MAX_ITEMS_LOST:g})",
    )
    budget.add_argument(
        "--allow-kind",
        type=columns,
        action="extend",
        default=[],
        metavar="COLUMN",
        help="a column that may be of another kind, or gone (none); separate several by commas",
    )
    budget.add_argument(
        "--min-recall",
        type=_share,
        default=MIN_RECALL,
        metavar="SHARE",
        help="the least share of the exact look-alikes that an approximate version of a search engine must find "
        f"({MIN_RECALL:g})",
    )
    parser.add_argument(
        "--keep",
        type=positive,
        default=KEPT,
        metavar="N",
        help="bundles to keep, including the current one; older ones are removed, but never the one that a rollback "
        f"would return to ({KEPT})",
    )


def promote(bundles: Path, version: str, options: argparse.Namespace) -> int:
    """Promote with the options of `add_promotion`, and print the outcome."""
    from index.versions.budget import Budget
    from index.versions.promotion import promote as promote_version
    from index.versions.table import as_lines, as_table, refusal
    from launch.progress import progress_bar

    with asked_engine(options) as engine, progress_bar("Comparing", "query") as progress:
        promotion = promote_version(
            bundles,
            version,
            worker_problem=_worker_problem(bundles, options),
            engine=engine,
            budget=Budget(
                options.min_overlap,
                options.max_recall_loss,
                options.max_items_lost,
                frozenset(options.allow_kind),
                options.min_recall,
            ),
            relevant=options.relevant,
            sample=options.sample,
            keep=options.keep,
            now=datetime.now(UTC),
            progress=progress,
        )
    if promotion.comparison is not None:
        print(as_table(promotion.comparison, promotion.checks, with_queries=False))
    elif promotion.checks:
        print(as_lines(promotion.checks))
    if not promotion.promoted:
        previous = promotion.previous
        stays = "there is still no current version" if previous is None else f"{previous} stays current"
        print(
            f"lookalike: {version} is refused, {stays}; outside the budget:\n{refusal(promotion.checks)}",
            file=sys.stderr,
        )
        return 1
    if promotion.not_compared is not None:
        print(f"lookalike: {promotion.not_compared}", file=sys.stderr)
    before = "" if promotion.previous is None else f"; `lookalike index rollback {bundles}` returns to the one before"
    print(f"{version} is now current{before}")
    if promotion.pruning is not None and promotion.pruning.removed:
        print(f"removed as old: {', '.join(promotion.pruning.removed)}")
    if promotion.pruning is not None and promotion.pruning.problem is not None:
        print(f"lookalike: {promotion.pruning.problem}", file=sys.stderr)
    return 0


def _add_offline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--offline",
        action="store_true",
        help="skip the check that a worker of the bundle's network is alive (at REDIS_URL, or in the embedded Redis of "
        "a `lookalike serve BUNDLES` on this machine)",
    )


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sample",
        type=natural,
        default=SAMPLED,
        metavar="N",
        help="number of items whose answers are compared: held-out ones, where the networks' records name them; the "
        f"sample is always the same ({SAMPLED})",
    )
    parser.add_argument(
        "--relevant",
        type=columns,
        metavar="A,B",
        help="attributes in which the first look-alike should agree with the query (all text attributes that "
        "look-alikes share by more than chance)",
    )


def _share(text: str) -> float:
    number = float(text)
    # Written so that NaN fails it.
    if not 0.0 <= number <= 1.0:
        raise argparse.ArgumentTypeError(f"must be a share between 0 and 1, got {text}")
    return number


def _promote(options: argparse.Namespace) -> int:
    if is_object_url(options.bundles):
        from commands.index_stored import promote_by_url

        return promote_by_url(options.bundles, options.version)
    return promote(options.bundles, options.version, options)


def _rollback(options: argparse.Namespace) -> int:
    if is_object_url(options.bundles):
        from commands.index_stored import roll_back_by_url

        return roll_back_by_url(options.bundles)
    from index.versions.rolling_back import roll_back

    with asked_engine(options) as engine:
        rollback = roll_back(
            options.bundles,
            worker_problem=_worker_problem(options.bundles, options),
            engine=engine,
            now=datetime.now(UTC),
        )
    further = (
        "nothing was served before it"
        if rollback.next_target is None
        else f"another rollback would return to {rollback.next_target}"
    )
    print(
        f"{rollback.version} is current again ({rollback.items:,} items, {rollback.model}) instead of "
        f"{rollback.previous}; {further}"
    )
    return 0


def _diff(options: argparse.Namespace) -> int:
    import orjson

    from index.current_version import current_version
    from index.versions.budget import Budget, judge
    from index.versions.bundle_folder import bundle_folder, open_version
    from index.versions.comparison import compare
    from index.versions.golden import read_golden
    from index.versions.table import as_table
    from launch.progress import progress_bar
    from storage.durable_files import replace_file

    old, new = options.versions, options.new
    if new is None:
        bundle_folder(options.bundles, old)
        old, new = current_version(options.bundles), old
    golden = read_golden(options.bundles)
    with progress_bar("Comparing", "query") as progress:
        comparison = compare(
            open_version(options.bundles, old),
            open_version(options.bundles, new),
            golden=golden,
            relevant=options.relevant,
            sample=options.sample,
            progress=progress,
        )
    checks = judge(comparison, Budget())
    print(as_table(comparison, checks, with_queries=True))
    if options.json is not None:
        written = orjson.dumps({"comparison": comparison, "checks": checks}, option=orjson.OPT_INDENT_2)
        replace_file(options.json, written + b"\n")
        print(f"\nevery figure: {options.json}")
    return 0


def _worker_problem(bundles: Path, options: argparse.Namespace) -> Callable[[str], str | None] | None:
    if options.offline:
        return None
    from launch.worker_heartbeat import heartbeat_problem
    from storage.run_file import redis_url_for
    from worker.settings import read_settings

    redis_url = redis_url_for(bundles, read_settings().redis_url)
    return lambda model_version: heartbeat_problem(model_version, redis_url)
