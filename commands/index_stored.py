"""`lookalike index list | promote | rollback` of an object store, and `lookalike index prune`."""

import argparse
import sys
from datetime import UTC, datetime

from commands.options import Verbs, positive
from contracts.sizes import size_in_words
from index.versions.defaults import KEPT


def add_prune(actions: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the action."""
    prune = actions.add_parser(
        "prune",
        help="remove the old bundles of an object store",
        description="Remove the oldest bundles of an object store, and uploads that were begun over a day ago and "
        "never finished. The current bundle, newer ones, and the one that a rollback would return to stay. In a folder "
        "of bundles, a promotion does this.",
    )
    prune.add_argument("url", metavar="URL", help="s3://BUCKET/PREFIX, or a folder that `index publish` writes")
    prune.add_argument(
        "--keep", type=positive, default=KEPT, metavar="N", help=f"bundles to keep, the current one included ({KEPT})"
    )
    prune.set_defaults(run=_prune)


def list_stored(url: str) -> int:
    """Print the versions of an object store, oldest first."""
    from index.versions.stored_versions import current_in, rollback_target_in, versions_of
    from storage.object_store import open_object_store

    store = open_object_store(url)
    current, versions = current_in(store).version, versions_of(store)
    target = None if current is None else rollback_target_in(store, current, versions)
    for each in versions:
        mark, meaning = " ", "" if each.is_complete else "  its upload is not finished"
        if each.version == current:
            mark, meaning = "*", "  current"
        elif each.version == target:
            mark, meaning = "<", "  rollback returns here"
        print(f"{mark} {each.version}  {size_in_words(each.size_bytes):>13}{meaning}")
    if not versions:
        print(f"lookalike: there are no bundles in {store}", file=sys.stderr)
    return 0


def promote_by_url(url: str, version: str) -> int:
    """Make a version of an object store current."""
    from index.versions.stored_versions import promote_stored
    from storage.object_store import open_object_store

    store = open_object_store(url)
    previous = promote_stored(store, version, now=datetime.now(UTC))
    before = "" if previous is None else f" instead of {previous}; `lookalike index rollback {store}` returns to it"
    print(f"{version} is now current in {store}{before}")
    return 0


def roll_back_by_url(url: str) -> int:
    """Return to the version of an object store that was current before."""
    from index.versions.stored_versions import roll_back_stored
    from storage.object_store import open_object_store

    store = open_object_store(url)
    previous, version = roll_back_stored(store, now=datetime.now(UTC))
    print(f"{version} is current in {store} again, instead of {previous}")
    return 0


def _prune(options: argparse.Namespace) -> int:
    from index.versions.publishing import prune_stored
    from storage.object_store import open_object_store

    store = open_object_store(options.url)
    pruning = prune_stored(store, keep=options.keep, now=datetime.now(UTC))
    print(f"removed as old: {', '.join(pruning.removed) or 'none'}")
    if pruning.abandoned:
        print(f"removed, because their uploads were never finished: {', '.join(pruning.abandoned)}")
    return 0
