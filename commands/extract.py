"""`lookalike extract`."""

import argparse
import sys
from pathlib import Path

from commands.options import Verbs, add_catalogue, add_device, add_engine, engine_of, positive
from contracts.networks import NETWORKS


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
    network = verb.add_mutually_exclusive_group()
    network.add_argument(
        "--checkpoint",
        metavar="DIR",
        help="a network that `lookalike train` wrote, or a fashion network that comes with the project: `shipped`, "
        "`shipped:resnet18` or `shipped:efficientnet_lite0` (what EMBEDDINGS was made with, else `shipped`)",
    )
    network.add_argument(
        "--network",
        choices=NETWORKS,
        help="a backbone with its ImageNet weights and a fixed projection to 512, not trained on clothes",
    )
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
    from commands.reading import reported
    from launch.progress import progress_bar
    from model.catalogue.opening import open_catalogue
    from model.extraction import extract
    from model.loading import load_engine
    from model.shipped_networks import IMAGENET_PREFIX, SHIPPED, source_of
    from model.tolerance import Tolerance
    from model.unreadable import UNREADABLE_REPORT
    from storage.embeddings_folder import read_identity

    tolerance = Tolerance(options.max_failed, options.strict)
    catalogue = reported(
        options.out,
        lambda: open_catalogue(
            options.catalogue, format=options.format, tolerance=tolerance, follow_links=options.follow_links
        ),
    )
    source = options.checkpoint or (options.network and f"{IMAGENET_PREFIX}{options.network}")
    before = read_identity(options.out)
    if source is None:
        source = SHIPPED if before is None else source_of(before)
    engine = load_engine(
        source,
        engine=engine_of(options),
        device=options.device,
        precision=options.precision,
        announce=lambda line: print(line, file=sys.stderr, flush=True),
    )
    with progress_bar("Extracting", "picture") as progress:
        report = extract(
            catalogue.embedded_items(crop_to_box=options.crop_to_box),
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
