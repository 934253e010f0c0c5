"""The `lookalike` command: reads arguments, calls the room that does the work, prints what came of it."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from contracts.errors import LookalikeError
from contracts.networks import NETWORKS

_CATALOGUE_HELP = (
    "a folder of pictures (id = path, category = parent folder), a .csv with the columns id and image "
    "(other columns are attributes), or a DeepFashion root; recognised by content"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; results go to stdout, progress and errors to stderr.

    Returns:
        0 done, 1 failed. Wrong usage exits with 2.
    """
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except LookalikeError as error:
        print(f"lookalike: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"lookalike: {error}; free some space or mend the path, and run the same command again", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nlookalike: stopped", file=sys.stderr)
        return 130
    return status


def _extract(options: argparse.Namespace) -> int:
    from index.embeddings_folder import read_identity
    from launch.progress import progress_bar
    from model.catalogue.opening import open_catalogue
    from model.extraction import UNREADABLE_REPORT, extract
    from model.loading import IMAGENET_PREFIX, default_source, load_engine

    catalogue = open_catalogue(options.catalogue, format=options.format)
    for note in catalogue.notes:
        print(f"lookalike: {note}", file=sys.stderr)
    items = catalogue.items if options.crop_to_box else [replace(item, crop=None) for item in catalogue.items]
    source = options.checkpoint or (options.network and f"{IMAGENET_PREFIX}{options.network}")
    before = read_identity(options.out)
    if source is None and before is not None:
        source = before.source
    if source is None:
        source, why_not = default_source()
        if why_not:
            print(f"lookalike: using {source}: {why_not}", file=sys.stderr)
    engine = load_engine(source, device=options.device, precision=options.precision)
    with progress_bar("Extracting", "picture") as progress:
        report = extract(
            items,
            catalogue.root,
            options.out,
            engine,
            batch_size=options.batch_size,
            workers=options.workers,
            progress=progress,
        )
    print(
        f"{report.items:,} items in {options.out} ({engine.identity.version}): {report.added:,} added, "
        f"{report.changed:,} changed, {report.removed:,} removed, {report.unreadable:,} unreadable, "
        f"{report.unchanged:,} unchanged ({report.relabelled:,} with new attributes); "
        f"{report.embedded:,} pictures embedded in {report.seconds:.1f} s"
    )
    if report.unreadable:
        print(f"why the unreadable ones are: {options.out / UNREADABLE_REPORT}")
    return 0


def _index_build(options: argparse.Namespace) -> int:
    from index.building import build_bundle
    from index.embeddings_folder import read_embeddings

    report = build_bundle(
        read_embeddings(options.embeddings),
        options.out,
        scaling=options.scaling,
        components=options.components,
        now=datetime.now(UTC),
    )
    print(
        f"{report.folder}: {report.items:,} items, {report.components} components explain "
        f"{report.explained_variance:.1%} of the variance; embeddings {report.embeddings_bytes / 1e6:,.1f} MB -> "
        f"gallery {report.gallery_bytes / 1e6:,.1f} MB, built in {report.seconds:.1f} s and current now"
    )
    return 0


def _index_list(options: argparse.Namespace) -> int:
    from index.listing import list_bundles

    for bundle in list_bundles(options.bundles):
        mark = "*" if bundle.is_current else " "
        said = bundle.problem or f"{bundle.items:,} items  {bundle.model}"
        print(f"{mark} {bundle.version}  {said}")
    return 0


def _serve(options: argparse.Namespace) -> int:
    if options.only == "api":
        from api.serving import run_api
        from api.settings import read_settings

        return run_api(read_settings(), options.bundles, options.host, options.port)
    if options.only == "worker":
        from launch.worker import serve_worker

        return serve_worker(options.bundles, checkpoint=options.checkpoint, device=options.device)
    from launch.serve import serve_all

    worker_options = ["--device", options.device]
    if options.checkpoint:
        worker_options += ["--checkpoint", options.checkpoint]
    return serve_all(
        options.bundles,
        host=options.host,
        port=options.port,
        worker_options=worker_options,
        on_ready=lambda address: print(f"Lookalike is ready: {address}/  (Ctrl-C stops it)", flush=True),
    )


def _demo(options: argparse.Namespace) -> int:
    from launch.demo import run_demo

    return run_demo(catalogue=options.catalogue, port=options.port, home=Path.cwd() / ".lookalike")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lookalike", description="Self-hosted fashion visual search: a photo in, the items that look like it out."
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _add_extract(verbs)
    _add_index(verbs)
    _add_serve(verbs)
    _add_demo(verbs)
    return parser


def _add_extract(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser(
        "extract",
        help="catalogue -> embeddings",
        description="Embed a catalogue's pictures into a folder. In: a catalogue. Out: EMBEDDINGS with one 512-d "
        "embedding an item, and unreadable.csv. An existing folder is brought up to date: only new or changed "
        "pictures are embedded; a killed run continues where it was. Takes about 7 ms a picture on two cores with "
        "efficientnet_lite0, about 30 with resnet50.",
    )
    verb.add_argument("catalogue", type=Path, metavar="CATALOGUE", help=_CATALOGUE_HELP)
    verb.add_argument(
        "--out", type=Path, required=True, metavar="EMBEDDINGS", help="folder to write or bring up to date"
    )
    verb.add_argument("--format", choices=("folder", "csv", "deepfashion"), help="instead of recognising it by content")
    verb.add_argument("--crop-to-box", action="store_true", help="embed only the box that DeepFashion gives a picture")
    network = verb.add_mutually_exclusive_group()
    network.add_argument("--checkpoint", metavar="DIR", help="a network that `lookalike train` wrote")
    network.add_argument(
        "--network",
        choices=NETWORKS,
        help="ImageNet weights and a fixed projection to 512; without either option: the network EMBEDDINGS was "
        "made with, else resnet50 where its weights can be downloaded, else efficientnet_lite0",
    )
    verb.add_argument("--batch-size", type=_positive, default=16, metavar="N", help="pictures in a forward pass (16)")
    verb.add_argument(
        "--workers", type=_positive, default=max(1, os.cpu_count() or 1), metavar="N", help="reading threads (cores)"
    )
    _add_device(verb)
    verb.add_argument("--precision", choices=("auto", "float32", "bfloat16", "float16"), default="auto")
    verb.set_defaults(run=_extract)


def _add_index(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
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
    build.add_argument("--scaling", choices=("minmax", "l2"), default="minmax", help="before PCA (minmax)")
    build.add_argument(
        "--components", type=_components, default=30, metavar="N", help="how many, or a share of variance like 0.9 (30)"
    )
    build.set_defaults(run=_index_build)
    listing = actions.add_parser("list", help="the bundles of a folder; * marks the current one")
    listing.add_argument("bundles", type=Path, metavar="BUNDLES")
    listing.set_defaults(run=_index_list)


def _add_serve(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser(
        "serve",
        help="answer over HTTP",
        description="Serve the current bundle: API, worker and, where REDIS_URL is not set, an embedded Redis. "
        "With --only one of them, as in production, where REDIS_URL says where they meet. Ready in some seconds.",
    )
    verb.add_argument("bundles", type=Path, metavar="BUNDLES", help="folder that `lookalike index build` wrote")
    verb.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1; 0.0.0.0 for all)")
    verb.add_argument("--port", type=int, default=8000, help="(8000)")
    verb.add_argument("--only", choices=("api", "worker"))
    verb.add_argument("--checkpoint", metavar="DIR", help="where the network lies here, if not where the bundle says")
    _add_device(verb)
    verb.set_defaults(run=_serve)


def _add_demo(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser(
        "demo",
        help="from nothing to a running page",
        description="Draw a sample catalogue (or take yours), extract, index and serve, all below .lookalike/. "
        "The first run takes a minute or two, the next some seconds.",
    )
    verb.add_argument("--catalogue", type=Path, metavar="PATH", help=_CATALOGUE_HELP)
    verb.add_argument("--port", type=int, default=8000, help="(8000)")
    verb.set_defaults(run=_demo)


def _add_device(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--device", default="auto", help="auto (a GPU where there is one), cpu, cuda or cuda:N")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def _components(text: str) -> int | float:
    number = float(text)
    if 0 < number < 1:
        return number
    if number != int(number) or not 1 <= number <= 512:
        raise argparse.ArgumentTypeError(f"must be 1 to 512, or a share of variance between 0 and 1; got {text}")
    return int(number)


if __name__ == "__main__":
    sys.exit(main())
