"""`lookalike index follow | publish`: bundles in an object store."""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from commands.options import Verbs, add_bundles, positive
from contracts.errors import BundleError, StoreUnavailableError
from contracts.sizes import size_in_words
from index.versions.defaults import KEPT

_EVERY_S = 5
# After a failure it waits twice as long each time, so that a damaged bundle is not fetched over and over.
_LONGEST_WAIT_S = 300


def add_follow_actions(actions: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the actions."""
    follow = actions.add_parser(
        "follow",
        help="bring the bundles of an object store here",
        description="Look every few seconds which version is current in an object store, fetch it, verify it, and make "
        "it current here; the API switches to it by itself. Runs until it is stopped. In: the URL of a bucket, or a "
        "folder, that `index publish` writes. Out: BUNDLES.",
    )
    follow.add_argument(
        "url", metavar="URL", help="s3://BUCKET/PREFIX, or a folder; credentials by the AWS_* variables"
    )
    follow.add_argument("--out", type=Path, required=True, metavar="BUNDLES", help="folder of bundles, made if missing")
    follow.add_argument("--once", action="store_true", help="look once and end; exit status 1 if that fails")
    follow.add_argument(
        "--every", type=positive, default=_EVERY_S, metavar="SECONDS", help=f"time between two looks ({_EVERY_S})"
    )
    follow.add_argument("--keep", type=positive, default=KEPT, metavar="N", help=f"bundles to keep here ({KEPT})")
    follow.set_defaults(run=_follow)
    publish = actions.add_parser(
        "publish",
        help="put the current bundle into an object store",
        description="Put a verified bundle into an object store and make it current there. In: BUNDLES. Out: the "
        "bucket or folder that `index follow` reads. Takes as long as the bundle's upload.",
    )
    add_bundles(publish)
    publish.add_argument(
        "url", metavar="URL", help="s3://BUCKET/PREFIX, or a folder; credentials by the AWS_* variables"
    )
    publish.add_argument("--version", metavar="VERSION", help="as `index list` names it (the current one)")
    publish.set_defaults(run=_publish)


def _follow(options: argparse.Namespace) -> int:
    from index.versions.following import follow
    from storage.object_store import open_object_store

    store = open_object_store(options.url, for_bundles=True)
    wait_s = options.every
    while True:
        try:
            followed = follow(store, options.out, keep=options.keep, now=datetime.now(UTC))
            wait_s = options.every
            if followed is not None:
                print(
                    f"{followed.version} is now current ({size_in_words(followed.fetched_bytes)} fetched)", flush=True
                )
            elif options.once:
                print("the current version is the same already")
        except (BundleError, StoreUnavailableError) as error:
            if options.once:
                raise
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
            print(f"lookalike: {error}; next try in {wait_s} s", file=sys.stderr, flush=True)
        if options.once:
            return 0
        time.sleep(wait_s)


def _publish(options: argparse.Namespace) -> int:
    from index.current_version import current_version
    from index.versions.publishing import publish
    from storage.object_store import open_object_store

    version = options.version or current_version(options.bundles)
    published = publish(
        options.bundles, version, open_object_store(options.url, for_bundles=True), now=datetime.now(UTC)
    )
    what = "is now current" if published.promoted else "was current already"
    print(f"{version} {what} in {options.url} ({size_in_words(published.written_bytes)} written)")
    return 0
