"""`lookalike import` and `lookalike watch`."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from commands.options import Verbs, add_database, add_device, add_engine, share

if TYPE_CHECKING:
    from importer.by_command import CommandImport, Outcome

_ERRORS_SHOWN = 10


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe both verbs."""
    verb = verbs.add_parser(
        "import",
        help="product feed -> live catalogue",
        description="Bring the items of a product feed into the database of a live catalogue; a service on it shows "
        "them as they are written. In: a feed (CSV, NDJSON, Google Merchant XML or TSV, Shopify CSV) or its URL, or a "
        "folder that `lookalike extract` wrote. Out: how many items were created, replaced and deleted, and the rows "
        "that could not be used. Pictures are copied into the picture store without their metadata. Only new pictures "
        "are embedded, about 10 ms each on two cores. A killed import goes on where it stopped when the same command "
        "is run again.",
    )
    verb.add_argument(
        "feed", metavar="FEED", help="a file, a URL whose host LOOKALIKE_IMAGE_URL_HOSTS names, or EMBEDDINGS"
    )
    _add_options(verb)
    verb.add_argument(
        "--mode",
        choices=("upsert", "replace", "delete"),
        default="upsert",
        help="upsert: items that the feed does not name stay; replace: they are deleted; delete: those that it names "
        "are deleted (upsert)",
    )
    verb.set_defaults(run=_import)
    watch = verbs.add_parser(
        "watch",
        help="import a file or folder again whenever it changes",
        description="Import a feed, or a folder of pictures, and again whenever it has changed and then rested for "
        "some seconds; what it no longer has is deleted. Runs until Ctrl-C. In: a feed, or a folder of pictures, whose "
        "items are named by their paths. Out: a line for each import.",
    )
    watch.add_argument("feed", type=Path, metavar="FOLDER|FILE", help="a folder of pictures, or a feed")
    _add_options(watch)
    watch.set_defaults(run=_watch)


def _add_options(verb: argparse.ArgumentParser) -> None:
    add_database(verb)
    verb.add_argument(
        "--bundles",
        type=Path,
        metavar="DIR",
        help="folder of index bundles; the first one is built if there is none, and pictures go into the folder "
        "`pictures` beside it unless LOOKALIKE_PICTURE_STORE says otherwise (the folder `bundles` beside an SQLite "
        "database)",
    )
    verb.add_argument(
        "--max-removed",
        type=share,
        default=0.05,
        metavar="SHARE",
        help="the most of the items that may be deleted because the feed no longer names them; beyond, none is (0.05)",
    )
    formats = ("csv", "ndjson", "google-xml", "google-tsv", "shopify-csv")
    verb.add_argument("--format", choices=formats, help="of the feed (recognised by content)")
    verb.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="JSON object: column of the feed -> id, image, an attribute's name, or null",
    )
    verb.add_argument(
        "--checkpoint",
        metavar="DIR",
        help="folder of the network on this machine (where the bundle says, else shipped)",
    )
    add_device(verb)
    add_engine(verb)


def _import(options: argparse.Namespace) -> int:
    from launch.progress import progress_bar

    with _opened(options) as importing, progress_bar("Importing", "row") as progress:
        outcome = importing.run(options.feed, mode=options.mode, max_removed=options.max_removed, progress=progress)
    return _print(outcome)


def _watch(options: argparse.Namespace) -> int:
    from importer.watching import watch
    from launch.progress import progress_bar

    with _opened(options) as importing:
        try:
            for outcome in watch(importing, options.feed, max_removed=options.max_removed, progress_bar=progress_bar):
                _print(outcome)
        except KeyboardInterrupt:
            print("\nlookalike: stopped", file=sys.stderr)
    return 0


def _opened(options: argparse.Namespace) -> "CommandImport":
    from commands.options import database_url, engine_of
    from feeds.mapping import read_mapping
    from importer.by_command import CommandImport
    from importer.settings import read_settings

    return CommandImport.open(
        database_url(options),
        options.bundles,
        read_settings(),
        format=options.format,
        mapping=None if options.mapping is None else read_mapping(options.mapping),
        checkpoint=options.checkpoint,
        device=options.device,
        engine=engine_of(options),
        announce=lambda line: print(line, file=sys.stderr, flush=True),
    )


def _print(outcome: "Outcome") -> int:
    record = outcome.record
    print(
        f"import {record.id}: {record.status.replace('_', ' ')}; {record.rows:,} rows in {outcome.seconds:.1f} s: "
        f"{record.created:,} created, {record.replaced:,} replaced, {record.unchanged:,} unchanged, "
        f"{record.deleted:,} deleted, {record.failed:,} failed",
        flush=True,
    )
    for problem in outcome.problems[:_ERRORS_SHOWN]:
        item = "" if problem.item_id is None else f" ({problem.item_id})"
        print(f"  row {problem.row}{item}: {problem.code}: {problem.detail}", flush=True)
    if record.failed > _ERRORS_SHOWN:
        print(f"  and {record.failed - _ERRORS_SHOWN:,} more", flush=True)
    if outcome.built is not None:
        print(f"{outcome.built}: the first bundle; `lookalike serve {outcome.bundles}` serves it", flush=True)
    if record.status == "failed":
        print(f"lookalike: {record.detail}", file=sys.stderr)
        return 1
    return 0
