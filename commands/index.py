"""`lookalike index build | list`."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from commands.options import Verbs, components
from contracts.search_defaults import COMPONENTS, SCALING, WHITEN


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb and its actions."""
    index = verbs.add_parser("index", help="embeddings -> a bundle that the API serves")
    actions = index.add_subparsers(metavar="ACTION", required=True)
    build = actions.add_parser(
        "build",
        help="fit the reduction and write a bundle",
        description="Scale, reduce by PCA and write an index bundle, which becomes the current one. In: EMBEDDINGS. "
        "Out: BUNDLES/<version>/. Takes seconds for a hundred thousand items.",
    )
    build.add_argument("embeddings", type=Path, metavar="EMBEDDINGS", help="folder that `lookalike extract` wrote")
    build.add_argument("--out", type=Path, required=True, metavar="BUNDLES", help="folder of bundles")
    build.add_argument("--scaling", choices=("minmax", "l2"), default=SCALING, help=f"before PCA ({SCALING})")
    build.add_argument(
        "--components",
        type=components,
        default=COMPONENTS,
        metavar="N",
        help=f"how many, or a share of variance like 0.9 ({COMPONENTS})",
    )
    build.add_argument(
        "--whiten",
        action=argparse.BooleanOptionalAction,
        default=WHITEN,
        help=f"after PCA, divide each component by its standard deviation ({'yes' if WHITEN else 'no'})",
    )
    build.set_defaults(run=_index_build)
    listing = actions.add_parser("list", help="the bundles of a folder; * marks the current one")
    listing.add_argument("bundles", type=Path, metavar="BUNDLES")
    listing.set_defaults(run=_index_list)


def _index_build(options: argparse.Namespace) -> int:
    from index.building import build_bundle
    from index.embeddings_folder import read_embeddings

    report = build_bundle(
        read_embeddings(options.embeddings),
        options.out,
        scaling=options.scaling,
        components=options.components,
        whiten=options.whiten,
        now=datetime.now(UTC),
    )
    print(
        f"{report.folder}: {report.items:,} items, {report.components} components explain "
        f"{report.explained_variance:.1%} of the variance; embeddings {report.embeddings_bytes / 1e6:,.1f} MB -> "
        f"gallery {report.gallery_bytes / 1e6:,.1f} MB and, for re-ranking, "
        f"{report.full_embeddings_bytes / 1e6:,.1f} MB; built in {report.seconds:.1f} s and current now"
    )
    return 0


def _index_list(options: argparse.Namespace) -> int:
    from index.listing import list_bundles

    for bundle in list_bundles(options.bundles):
        mark = "*" if bundle.is_current else " "
        said = bundle.problem or f"{bundle.items:,} items  {bundle.model}"
        print(f"{mark} {bundle.version}  {said}")
    return 0
