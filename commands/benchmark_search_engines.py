"""`lookalike benchmark search-engines`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from commands.options import Verbs, natural, positive


def add_search_engines(subjects: "Verbs[argparse.ArgumentParser]", *, run: Callable[[argparse.Namespace], int]) -> None:
    """Describe the subject."""
    engines = subjects.add_parser(
        "search-engines",
        help="our search, compared with PostgreSQL and Qdrant",
        description="Load the same items into our search, faiss and each engine that --to names, exact and "
        "approximate, and ask all in turns: for the ten nearest items, and for whole pages. What was loaded is removed "
        "in the end. In: BUNDLES, or --items to draw items. Out: a table and a line of JSON, with the rate of loading "
        "and the bytes an item. Takes a minute for 35,000 items, and an hour for a million.",
    )
    engines.add_argument(
        "bundles", type=Path, nargs="?", metavar="BUNDLES", help="folder whose current bundle to search"
    )
    engines.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="URL",
        help="a search engine: postgresql://user@host/name or qdrant://host:6333; may be repeated, and several "
        "addresses separated by spaces are shards of one (none)",
    )
    engines.add_argument(
        "--items",
        type=positive,
        metavar="N",
        help="draw so many items, from a mixture fitted to those of BUNDLES or to synthetic ones (those of BUNDLES)",
    )
    engines.add_argument("--only", choices=("exact", "approximate"), help="how engines are loaded (both, in turn)")
    engines.add_argument("--queries", type=positive, default=200, metavar="N", help="half of them held out (200)")
    engines.add_argument("--rounds", type=positive, default=10, metavar="N", help="(10)")
    engines.add_argument("--seed", type=natural, default=0, help="seed of all draws (0)")
    engines.set_defaults(run=run)


def run_search_engines(options: argparse.Namespace) -> int:
    """Run it with the options of `add_search_engines`."""
    from benchmarks.search_engines.running import EnginesOptions, run

    return run(
        EnginesOptions(
            bundles=options.bundles,
            urls=options.to,
            items=options.items,
            queries=options.queries,
            rounds=options.rounds,
            exact=options.only != "approximate",
            approximate=options.only != "exact",
            seed=options.seed,
        )
    )
