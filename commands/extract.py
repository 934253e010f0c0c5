"""`lookalike extract`."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from commands.networks import FOREIGN_HELP, add_foreign_options, network, refuse_foreign_options, say_without_graph
from commands.options import Verbs, add_catalogue, add_device, add_engine, engine_of, positive
from contracts.networks import NETWORKS, is_foreign

if TYPE_CHECKING:
    from model.catalogue.catalogue import Catalogue


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
    verb.add_argument("--batch-size", type=positive, default=64, metavar="N", help="pictures embedded together (64)")
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
    verb.set_defaults(run=_extract)


def _extract(options: argparse.Namespace) -> int:
    from commands.reading import by_url, reported
    from launch.progress import progress_bar
    from model.catalogue.opening import open_catalogue
    from model.extraction import extract
    from model.loading import load_engine
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
    engine = load_engine(
        source,
        engine=engine_of(options),
        device=options.device,
        precision=options.precision,
        announce=lambda line: print(line, file=sys.stderr, flush=True),
    )
    with progress_bar("Extracting", "picture") as progress:
        report = extract(
            items,
            catalogue.root,
            options.out,
            engine,
            batch_size=options.batch_size,
            workers=options.workers,
            progress=progress,
            follow_links=catalogue.follow_links,
            tolerance=tolerance,
            failed_rows=catalogue.failed,
        )
    print(
        f"{report.items:,} items in {options.out} ({engine.identity.version}): {report.added:,} added, "
        f"{report.changed:,} changed, {report.removed:,} removed, {report.unreadable:,} unreadable, "
        f"{report.unchanged:,} unchanged ({report.relabelled:,} with new attributes); "
        f"{report.embedded:,} pictures embedded in {report.seconds:.1f} s"
    )
    if report.unreadable:
        print(f"reasons for the unreadable ones: {options.out / UNREADABLE_REPORT}")
    return 0


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
