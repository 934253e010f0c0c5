"""`lookalike index compact`, and `index build` from the database of a live catalogue."""

import argparse
import sys
from typing import TYPE_CHECKING

from commands.options import Verbs, add_bundles, add_database, database_url, warn_of_password
from contracts.settings_names import DATABASE_URL

if TYPE_CHECKING:
    from index.building import BuildReport


def add_compact(actions: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the action."""
    compact = actions.add_parser(
        "compact",
        help="make the changes of a live catalogue part of a new bundle",
        description="Write the current bundle with all changes since as a new bundle, and make that current. The "
        "reduction stays, so every answer stays the same, and nothing is compared. The importer does this by itself. "
        "In: BUNDLES and the database. Out: the new version. Takes some seconds for a hundred thousand items.",
    )
    add_bundles(compact)
    add_database(compact)
    compact.set_defaults(run=_compact)


def is_database(name: str) -> bool:
    """Whether a name is the address of a database and not a folder."""
    return name.partition(":")[0].partition("+")[0] in {"sqlite", "postgresql", "postgres"} and "://" in name


def build_from_url(options: argparse.Namespace) -> "BuildReport":
    """Build a bundle of all items of a database, with the network of the current bundle, else the shipped one."""
    from importer.by_command import refit

    warn_of_password(options.embeddings, DATABASE_URL)
    return refit(
        options.embeddings,
        options.out,
        scaling=options.scaling,
        components=options.components,
        whiten=options.whiten,
        kinds=options.kinds,
        announce=lambda line: print(line, file=sys.stderr, flush=True),
    )


def _compact(options: argparse.Namespace) -> int:
    from importer.by_command import compact

    version = compact(
        database_url(options), options.bundles, announce=lambda line: print(line, file=sys.stderr, flush=True)
    )
    if version is None:
        print("no changes wait; the current version stays current")
    else:
        print(f"{version} is now current, with the same answers as before")
    return 0
