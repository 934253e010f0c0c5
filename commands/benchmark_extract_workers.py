"""`lookalike benchmark extract-workers`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from commands.options import CATALOGUE_HELP, Verbs, positive

_Run = Callable[[argparse.Namespace], int]


def add_extract_workers(subjects: "Verbs[argparse.ArgumentParser]", *, wrap: Callable[[_Run], _Run]) -> None:
    """Describe the subject.

    Args:
        wrap: makes its run one that says what is missing.
    """
    workers = subjects.add_parser(
        "extract-workers",
        help="extraction on workers: planning, and two workers compared with one",
        description="Plan references to pictures that do not exist: write them as shards, and put those into the queue "
        "of a Redis that is started for it. Then embed a catalogue with one worker and with two, in turns; each has "
        "one thread on one core of its own. In: a catalogue in a folder, or nothing (planning only). Out: a table and "
        "a line of JSON. Takes a minute or two.",
    )
    workers.add_argument("catalogue", type=Path, nargs="?", metavar="CATALOGUE", help=CATALOGUE_HELP)
    workers.add_argument("--checkpoint", metavar="DIR", default="shipped", help="a trained network (shipped)")
    workers.add_argument(
        "--references", type=positive, default=1_000_000, metavar="N", help="references planned (1000000)"
    )
    workers.add_argument("--pictures", type=positive, default=1024, metavar="N", help="pictures embedded (1024)")
    workers.add_argument("--rounds", type=positive, default=3, metavar="N", help="(3)")
    workers.set_defaults(run=wrap(_run))


def _run(options: argparse.Namespace) -> int:
    from benchmarks.extraction_on_workers import run

    return run(
        options.catalogue,
        source=options.checkpoint,
        references=options.references,
        pictures=options.pictures,
        rounds=options.rounds,
    )
