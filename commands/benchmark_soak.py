"""The options of `lookalike benchmark soak`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from commands.options import Verbs, add_bundles, columns, natural, positive


def add_soak(subjects: "Verbs[argparse.ArgumentParser]", *, run: Callable[[argparse.Namespace], int]) -> None:
    """Describe the subject.

    Args:
        run: runs it, with the options.
    """
    soak = subjects.add_parser(
        "soak",
        help="whether any answer is wrong while processes are killed and Redis refuses to work",
        description="Start `lookalike serve`. Ask for look-alikes of items (90 %% of requests) and photos (9 %%), and "
        "send bad pictures (1 %%), from many clients at once, while one fault follows the other: worker, API or Redis "
        "killed, stopped or told to end, Redis read-only, full, emptied, connections cut. Compare each answer with one "
        "recorded before, and watch the memory. In: BUNDLES and a folder of photos. Out: a table and a line of JSON; "
        "exit status 1 if an answer was wrong, late or missing, or memory grew. Takes --minutes.",
    )
    add_bundles(soak)
    soak.add_argument("--photos", type=Path, required=True, metavar="FOLDER", help="customers' photos, searched below")
    soak.add_argument("--photo-count", type=positive, default=20, metavar="N", help="different photos (20)")
    soak.add_argument("--clients", type=positive, default=16, metavar="N", help="concurrent clients (16)")
    soak.add_argument("--minutes", type=float, default=15.0, metavar="N", help="length of the run (15)")
    soak.add_argument("--every", type=float, default=20.0, metavar="SECONDS", help="from one fault to the next (20)")
    soak.add_argument(
        "--faults", type=columns, metavar="A,B", help='such as "none,worker killed" (all; an unknown name lists them)'
    )
    soak.add_argument("--seed", type=natural, default=0, help="seed of all draws (0)")
    soak.set_defaults(run=run)
