"""`lookalike evaluate`."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from commands.options import Verbs, add_reduction, columns, natural
from contracts.search_defaults import RERANKED

_NONE = "none"


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "evaluate",
        help="embeddings -> retrieval metrics and a report",
        description="Search the gallery for each query and judge the results: recall@k, precision@k and mAP@k with "
        "95 % intervals, in 512 dimensions, in 30, and as served; what was asked for and what was given; and which "
        "scores right and wrong results have, to choose a min_score. In: folders of embeddings of one model, a gallery "
        "and one or more sets of queries. Out: tables, DIR/metrics.json, and DIR/report.html with plots and pictures "
        "in a single file. Takes about 20 seconds for 7,000 queries over 35,000 items.",
    )
    verb.add_argument("--gallery", type=Path, required=True, metavar="EMBEDDINGS", help="the items to search")
    verb.add_argument(
        "--queries",
        action="append",
        default=[],
        metavar="[SET=]EMBEDDINGS",
        help="a set of queries, with a name or called like its folder; repeatable (what is held out of the gallery)",
    )
    verb.add_argument(
        "--relevant",
        type=columns,
        required=True,
        action="append",
        metavar="A,B",
        help="attributes in which a right item equals the query, all of them; repeatable",
    )
    verb.add_argument(
        "--class-map",
        action="append",
        default=[],
        metavar="[SET=]FILE",
        help="for queries with categories of their own; JSON: a query's category -> list of the values of the first "
        "attribute that are right for it; with SET= for that set, else, of several sets, for those whose queries lack "
        "the first attribute; repeatable",
    )
    verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of metrics.json and report.html")
    part = verb.add_argument_group("which items to use")
    part.add_argument(
        "--query-partition",
        action="append",
        default=[],
        metavar="[SET=]NAME",
        help="only queries of this partition, such as query; with SET= in that set alone; repeatable",
    )
    part.add_argument("--gallery-partition", metavar="NAME", help="only items of this partition, such as gallery")
    part.add_argument(
        "--held-out",
        nargs="*",
        metavar="SET",
        help="only queries that training never sees: one title in five, without titles one id in five; with names, in "
        "these sets alone",
    )
    part.add_argument(
        "--exclude-same",
        action="append",
        metavar="A",
        help="also measure without the items that share the query's value of this attribute, or its picture; "
        "repeatable; none: skip this (title, if both sides have one)",
    )
    part.add_argument(
        "--group",
        metavar="A",
        help="resample queries with the same value together; none: each query alone (title, if there is one)",
    )
    verb.add_argument(
        "--against",
        nargs="+",
        default=(),
        metavar="OTHER",
        help="another network's embeddings of the same catalogue: which of the two is better, in pairs over the same "
        "queries; with queries in folders of their own, also the other network's of these, in the same order or as "
        "SET=OTHER",
    )
    search = verb.add_argument_group("how to search")
    search.add_argument(
        "--space",
        choices=("full", "reduced", "served", "all"),
        default="all",
        help="full embeddings, reduced ones, reduced and then re-ranked by the full ones as served, or all three (all)",
    )
    add_reduction(search)
    search.add_argument(
        "--rerank",
        type=natural,
        default=RERANKED,
        metavar="N",
        help=f"re-rank this many of the first by the full embeddings; 0: none ({RERANKED})",
    )
    search.add_argument(
        "--seed", type=natural, default=0, metavar="N", help="seed of the intervals and of the queries shown (0)"
    )
    verb.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    from evaluation.query_sets import query_sets
    from evaluation.running import METRICS_FILE, REPORT_FILE, run_evaluation
    from evaluation.settings import Settings
    from evaluation.spaces import SPACE_NAMES, ReductionSettings
    from evaluation.tables import as_tables
    from launch.progress import progress_bar

    sets = query_sets(
        options.gallery,
        options.queries,
        class_maps=options.class_map,
        gallery_partition=options.gallery_partition,
        query_partitions=options.query_partition,
        held_out=options.held_out,
        against=options.against,
    )
    settings = Settings(
        relevant=options.relevant,
        reduction=ReductionSettings(options.scaling, options.components, options.whiten, options.rerank),
        spaces=SPACE_NAMES if options.space == "all" else (options.space,),
        group="" if options.group == _NONE else options.group,
        exclude_same=() if options.exclude_same == [_NONE] else options.exclude_same,
        seed=options.seed,
    )
    with progress_bar("Searching", "search") as progress:
        findings = run_evaluation(sets, settings, options.out, now=datetime.now(UTC), progress=progress)
    print(as_tables(findings))
    print(f"\nreport: {options.out / REPORT_FILE}; every figure: {options.out / METRICS_FILE}")
    return 0
