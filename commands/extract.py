"""`lookalike extract`."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from commands.networks import FOREIGN_HELP, add_foreign_options, network, refuse_foreign_options, say_without_graph
from commands.options import Verbs, add_catalogue, add_device, add_engine, engine_of, positive
from contracts.networks import NETWORKS, is_foreign

if TYPE_CHECKING:
    from model.catalogue.catalogue import Catalogue
    from model.folder_update import ExtractionReport

_BATCH_SIZE: Final = 64


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "extract",
        help="catalogue -> embeddings",
        description="Embed a catalogue's pictures into a folder. In: a catalogue. Out: EMBEDDINGS with one 512-d "
        "embedding per item, unreadable.csv with the pictures that cannot be read, and bad_rows.csv with the "
        "other rows that cannot be used. An existing folder is updated: only new or changed pictures are "
        "embedded. A killed run continues where it stopped. Takes about 10 ms per picture on two cores with "
        "efficientnet_lite0, and several times that with resnet50.",
    )
    add_catalogue(verb)
    verb.add_argument("--out", type=Path, required=True, metavar="EMBEDDINGS", help="folder to write or update")
    named = verb.add_mutually_exclusive_group()
    named.add_argument(
        "--checkpoint",
        metavar="DIR",
        help="a network that `lookalike train` wrote, or a fashion network that comes with the project: `shipped`, "
        "`shipped:resnet18` or `shipped:efficientnet_lite0` (what EMBEDDINGS was made with, else `shipped`); "
        f"or {FOREIGN_HELP}, which is kept in EMBEDDINGS/network",
    )
    named.add_argument(
        "--network",
        type=network,
        metavar="NAME",
        help="a backbone as it was published, with a fixed projection to 512, not trained on clothes: "
        f"{', '.join(NETWORKS)}, or as for --checkpoint {FOREIGN_HELP}",
    )
    add_foreign_options(verb)
    verb.add_argument(
        "--batch-size", type=positive, default=_BATCH_SIZE, metavar="N", help="pictures embedded together (64)"
    )
    add_device(verb)
    add_engine(verb)
    verb.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16", "mixed", "int8", "float16"),
        default="auto",
        help="auto: float16 on a GPU; on the CPU the first of bfloat16, mixed and int8 that the processor has and "
        "whose check the network passed, else float32; mixed: float32 in the first layers, then bfloat16; int8: needs "
        "the graph that `lookalike export --precision int8` adds",
    )
    verb.add_argument(
        "--on-workers",
        action="store_true",
        help="have the pictures embedded by the processes of `lookalike extract-worker` that share REDIS_URL; they see "
        "the pictures under the same path, and choose device, engine and precision themselves",
    )
    verb.add_argument(
        "--shared",
        metavar="FOLDER|URL",
        help="with --on-workers: a folder that all of them reach, or s3://BUCKET/PREFIX (LOOKALIKE_EXTRACT_SHARED)",
    )
    verb.set_defaults(run=_extract, refuse=verb.error)


def _extract(options: argparse.Namespace) -> int:
    _check(options)
    from commands.reading import by_url, reported
    from launch.progress import progress_bar
    from model.catalogue.opening import open_catalogue
    from model.tolerance import Tolerance
    from model.unreadable import UNREADABLE_REPORT

    tolerance = Tolerance(options.max_failed, options.strict)
    catalogue = reported(
        options.out,
        lambda: open_catalogue(
            options.catalogue,
            format=options.format,
            tolerance=tolerance,
            follow_links=options.follow_links,
            by_url=by_url(options),
        ),
    )
    items = catalogue.embedded_items(crop_to_box=options.crop_to_box)
    source = _source(options, replace(catalogue, items=items))
    version, update = (_on_workers if options.on_workers else _here)(options, source)
    with progress_bar("Extracting", "picture") as progress:
        report = update(
            items,
            catalogue.root,
            options.out,
            progress=progress,
            follow_links=catalogue.follow_links,
            tolerance=tolerance,
            failed_rows=catalogue.failed,
        )
    print(
        f"{report.items:,} items in {options.out} ({version}): {report.added:,} added, "
        f"{report.changed:,} changed, {report.removed:,} removed, {report.unreadable:,} unreadable, "
        f"{report.unchanged:,} unchanged ({report.relabelled:,} with new attributes); "
        f"{report.embedded:,} pictures embedded in {report.seconds:.1f} s"
    )
    if report.unreadable:
        print(f"reasons for the unreadable ones: {options.out / UNREADABLE_REPORT}")
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.shared is not None and not options.on_workers:
        options.refuse("--shared goes with --on-workers")
    chosen = (options.device, options.precision, options.engine, options.batch_size)
    if options.on_workers and chosen != ("auto", "auto", None, _BATCH_SIZE):
        options.refuse(
            "with --on-workers, --device, --engine, --precision and --batch-size go with `lookalike extract-worker`"
        )


def _here(options: argparse.Namespace, source: str) -> "tuple[str, Callable[..., ExtractionReport]]":
    """The network's version, and what embeds by it in this process."""
    from model.extraction import extract
    from model.loading import load_engine

    engine = load_engine(
        source,
        engine=engine_of(options),
        device=options.device,
        precision=options.precision,
        announce=lambda line: print(line, file=sys.stderr, flush=True),
    )
    update = partial(extract, engine=engine, batch_size=options.batch_size, workers=options.workers)
    return engine.identity.version, update


def _on_workers(options: argparse.Namespace, source: str) -> "tuple[str, Callable[..., ExtractionReport]]":
    """The network's version, and what has workers embed by it."""
    from launch.extraction_on_workers import extract_on_workers
    from model.loading import load_identity

    identity = load_identity(source)
    return identity.version, partial(extract_on_workers, identity=identity, shared=options.shared)


def _source(options: argparse.Namespace, catalogue: "Catalogue") -> str:
    """What to load: the network that was named, else that of the folder's embeddings, else the shipped one."""
    from model.shipped_networks import IMAGENET_PREFIX, SHIPPED, source_of
    from storage.embeddings_folder import read_identity

    source: str | None = options.checkpoint or options.network
    if source is not None and is_foreign(source):
        return str(_foreign(options, source, catalogue))
    refuse_foreign_options(options, source)
    if source is not None:
        return source if options.network is None else f"{IMAGENET_PREFIX}{source}"
    kept = options.out / "network"
    if (kept / "checkpoint.json").exists():
        # Also where the folder was moved, or its first extraction was killed.
        return str(kept)
    before = read_identity(options.out)
    return SHIPPED if before is None else source_of(before)


def _foreign(options: argparse.Namespace, source: str, catalogue: "Catalogue") -> Path:
    from launch.progress import progress_bar
    from model.needing_torch import need_torch

    need_torch(source)
    from model.kept_network import ForeignNetwork, kept_network

    kept = kept_network(
        options.out,
        ForeignNetwork(source, options.weights, options.fit or "own", options.projection or "fixed"),
        catalogue,
        device=options.device,
        workers=options.workers,
        progress=progress_bar,
    )
    say_without_graph(kept)
    return kept
