"""`lookalike evaluate`."""

import argparse
from pathlib import Path

from commands.options import Verbs, columns


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "evaluate",
        help="embeddings -> how good the search is",
        description="Search the gallery for each query and judge what is found: recall@k, precision@k, mAP@k. In: two "
        "folders of embeddings of one model. Out: a table, and DIR/metrics.json. Takes under a second for 1,000 "
        "queries over 35,000 items in 30 dimensions, about ten in the full space.",
    )
    verb.add_argument("--gallery", type=Path, required=True, metavar="EMBEDDINGS", help="what is searched")
    verb.add_argument("--queries", type=Path, required=True, metavar="EMBEDDINGS", help="what is searched for")
    verb.add_argument(
        "--relevant", type=columns, required=True, metavar="A,B", help="attributes that a right item shares"
    )
    verb.add_argument(
        "--class-map",
        type=Path,
        metavar="FILE",
        help="JSON: a query's category -> list of values of the first attribute that are right for it",
    )
    verb.add_argument("--space", choices=("full", "reduced"), default="reduced", help="512 or 30 dimensions (reduced)")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of metrics.json")
    verb.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    from evaluation.running import METRICS_FILE, evaluate_folders
    from evaluation.table import as_table
    from launch.progress import progress_bar

    with progress_bar("Searching", "query") as progress:
        report = evaluate_folders(
            options.gallery,
            options.queries,
            options.out,
            relevant=options.relevant,
            class_map=options.class_map,
            space=options.space,
            progress=progress,
        )
    print(as_table(report))
    print(f"also in {options.out / METRICS_FILE}")
    return 0
