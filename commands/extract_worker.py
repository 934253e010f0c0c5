"""`lookalike extract-worker`."""

import argparse

from commands.networks import network
from commands.options import Verbs, add_device, add_engine, add_reading_threads, positive
from contracts.networks import NETWORKS


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "extract-worker",
        help="embed for `lookalike extract --on-workers`",
        description="Take shards of a catalogue from the queue of a network, read their pictures and embed them, until "
        "Ctrl-C or SIGTERM. Any number of these may run, on any machines that reach REDIS_URL, the pictures and the "
        "work folder. They are not the workers of `lookalike serve`, so customers' photos never wait for them.",
    )
    named = verb.add_mutually_exclusive_group()
    named.add_argument(
        "--checkpoint",
        metavar="DIR",
        default="shipped",
        help="the network of the extraction: a folder, `shipped` or `shipped:NAME` (shipped)",
    )
    named.add_argument(
        "--network", type=network, metavar="NAME", help=f"a backbone as it was published: {', '.join(NETWORKS)}"
    )
    verb.add_argument(
        "--shared",
        metavar="FOLDER|URL",
        help="work folder, as --shared of the extraction names it, or s3://BUCKET/PREFIX (LOOKALIKE_EXTRACT_SHARED)",
    )
    verb.add_argument(
        "--roots",
        metavar="FOLDER,...",
        help="folders that pictures may be read from, absolute (LOOKALIKE_EXTRACT_ROOTS)",
    )
    verb.add_argument("--batch-size", type=positive, default=64, metavar="N", help="pictures embedded together (64)")
    add_reading_threads(verb)
    add_device(verb)
    add_engine(verb)
    verb.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16", "mixed", "int8", "float16"),
        default="auto",
        help="as for `lookalike extract` (auto)",
    )
    verb.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    from launch.extract_worker import serve_extract_worker
    from model.shipped_networks import IMAGENET_PREFIX

    return serve_extract_worker(
        options.checkpoint if options.network is None else f"{IMAGENET_PREFIX}{options.network}",
        shared=options.shared,
        roots=options.roots,
        device=options.device,
        engine=options.engine,
        precision=options.precision,
        batch_size=options.batch_size,
        threads=options.workers,
    )
