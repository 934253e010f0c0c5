"""`lookalike benchmark extract | copies | http`."""

import argparse
from pathlib import Path

from commands.options import CATALOGUE_HELP, Verbs, natural, positive
from contracts.networks import NETWORKS


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb and its subjects."""
    benchmark = verbs.add_parser("benchmark", help="peers and ours in one run, ratios printed")
    subjects = benchmark.add_subparsers(metavar="SUBJECT", required=True)
    extract = subjects.add_parser(
        "extract",
        help="extraction beside the article's way",
        description="Time our extraction and the article's way (eager float32, batches of 32, one DataLoader process) "
        "in turns on the same files with 2 threads on the CPU, and compare our embeddings with float32 ones. In: a "
        "catalogue. Out: a table and a line of JSON. Takes some minutes.",
    )
    extract.add_argument("catalogue", type=Path, metavar="CATALOGUE", help=CATALOGUE_HELP)
    network = extract.add_mutually_exclusive_group()
    network.add_argument("--checkpoint", metavar="DIR", default="shipped", help="(shipped)")
    network.add_argument("--network", choices=NETWORKS, help="one with its ImageNet weights instead")
    extract.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto", help="ours (auto)")
    extract.add_argument("--pictures", type=positive, default=1000, metavar="N", help="timed in each round (1000)")
    extract.add_argument("--rounds", type=positive, default=5, metavar="N", help="(5)")
    extract.add_argument(
        "--accuracy-pictures", type=positive, default=10_000, metavar="N", help="compared with float32 (10000)"
    )
    extract.set_defaults(run=_extract)
    copies = subjects.add_parser(
        "copies",
        help="whether a snapshot of a product finds that product",
        description="Turn, cut, light, blur, frame and compress some pictures of a catalogue, as snapshots and "
        "screenshots do, and search for the originals in the full, the reduced and the served space. Taken are items "
        "that training holds out, where there are any. In: EMBEDDINGS. "
        "Out: a table, and DIR with the copies, metrics.json and report.html. Takes half a minute.",
    )
    copies.add_argument("embeddings", type=Path, metavar="EMBEDDINGS", help="folder that `lookalike extract` wrote")
    copies.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the copies and the report")
    copies.add_argument("--pictures", type=positive, default=800, metavar="N", help="(800)")
    copies.add_argument("--seed", type=natural, default=0, help="of the choice and the distortions (0)")
    copies.set_defaults(run=_copies)
    http = subjects.add_parser(
        "http",
        help="start, both endpoints, memory",
        description="Start the API, load GET /items/{id}/similar with wrk in turns with a bare FastAPI endpoint, post "
        "photos one at a time beside empty jobs through the same Redis and worker and the bare network. In: BUNDLES "
        "and a folder of photos. Out: a table and a line of JSON. Takes about two minutes.",
    )
    http.add_argument("bundles", type=Path, metavar="BUNDLES", help="folder that `lookalike index build` wrote")
    http.add_argument("--photos", type=Path, required=True, metavar="FOLDER", help="customers' photos, searched below")
    http.add_argument("--photo-count", type=positive, default=300, metavar="N", help="photos posted (300)")
    http.add_argument("--rounds", type=positive, default=5, metavar="N", help="(5)")
    http.add_argument("--seconds", type=positive, default=5, metavar="N", help="of each wrk run (5)")
    http.set_defaults(run=_http)


def _extract(options: argparse.Namespace) -> int:
    from benchmarks.extract import run

    return run(
        options.catalogue,
        source=options.checkpoint if options.network is None else f"imagenet:{options.network}",
        precision=options.precision,
        pictures=options.pictures,
        rounds=options.rounds,
        accuracy_pictures=options.accuracy_pictures,
    )


def _copies(options: argparse.Namespace) -> int:
    from benchmarks.copies import run

    return run(options.embeddings, options.out, pictures=options.pictures, seed=options.seed)


def _http(options: argparse.Namespace) -> int:
    from benchmarks.http import run

    return run(
        options.bundles,
        photos=options.photos,
        photo_count=options.photo_count,
        rounds=options.rounds,
        seconds=options.seconds,
    )
