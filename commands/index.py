"""`lookalike index build`; `commands.index_*` have the other actions."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from commands.column_kinds import add_column_kinds, print_columns
from commands.index_engine import add_engine_actions
from commands.index_follow import add_follow_actions
from commands.index_list import add_list
from commands.index_live import add_compact, build_from_url, is_database
from commands.index_stored import add_prune
from commands.index_versions import add_actions, add_promotion, promote
from commands.options import Verbs, add_embeddings_or_database, add_reduction, search_url
from contracts.sizes import size_in_words

if TYPE_CHECKING:
    from index.building import BuildReport


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb and its actions."""
    index = verbs.add_parser("index", help="embeddings -> a bundle that the API serves")
    actions = index.add_subparsers(metavar="ACTION", required=True)
    build = actions.add_parser(
        "build",
        help="fit the reduction and write a bundle",
        description="Scale, reduce by PCA and write an index bundle. The first bundle of a folder becomes current at "
        "once; later ones must be promoted. In: EMBEDDINGS, or the URL of a live catalogue's database. Out: "
        "BUNDLES/<version>/, with attribute_problems.csv if values do not fit their column. Takes seconds for a "
        "hundred thousand items.",
    )
    add_embeddings_or_database(build)
    build.add_argument("--out", type=Path, required=True, metavar="BUNDLES", help="folder of bundles")
    add_reduction(build)
    add_column_kinds(build)
    build.add_argument(
        "--promote", action="store_true", help="then promote it, as `index promote` does, with the options below"
    )
    add_promotion(build)
    build.set_defaults(run=_index_build)
    add_list(actions)
    add_actions(actions)
    add_engine_actions(actions)
    add_compact(actions)
    add_follow_actions(actions)
    add_prune(actions)


def _index_build(options: argparse.Namespace) -> int:
    if is_database(options.embeddings):
        return _built(build_from_url(options), options)
    from contracts.shared_pictures import shared_pictures
    from index.building import build_bundle
    from storage.embeddings_folder import picture_keys, read_digests, read_embeddings

    folder = Path(options.embeddings)
    embedding_set = read_embeddings(folder)
    report = build_bundle(
        embedding_set,
        options.out,
        scaling=options.scaling,
        components=options.components,
        whiten=options.whiten,
        kinds=options.kinds,
        now=datetime.now(UTC),
    )
    shared = shared_pictures(embedding_set.items, picture_keys(read_digests(folder)))
    return _built(report, options, str(shared) if shared.groups else None)


def _built(report: "BuildReport", options: argparse.Namespace, shared: str | None = None) -> int:
    print(
        f"{report.folder}: {report.items:,} items, {report.components} components explain "
        f"{report.explained_variance:.1%} of the variance; embeddings {size_in_words(report.embeddings_bytes)} -> "
        f"gallery {size_in_words(report.gallery_bytes)} and, for re-ranking, "
        f"{size_in_words(report.full_embeddings_bytes)}; built in {report.seconds:.1f} s"
        + ("; it is now current" if report.is_current else "")
    )
    if shared is not None:
        print(shared)
    if report.resemblance_from is not None:
        print(f"min_score=auto: resemblance ends at a cosine of {report.resemblance_from}")
    print_columns(report)
    if report.is_current:
        if search_url(options) is not None:
            print(f"the search engine does not hold it yet: lookalike index load {options.out}")
        return 0
    if options.promote:
        return promote(options.out, report.version, options)
    print(
        "the current version stays current; to compare the two and serve the new one: "
        f"lookalike index promote {options.out} {report.version}"
    )
    return 0
