"""`lookalike benchmark live`."""

import argparse
from collections.abc import Callable

from commands.options import Verbs, add_bundles, positive


def add_live(subjects: "Verbs[argparse.ArgumentParser]", run: Callable[[argparse.Namespace], int]) -> None:
    """Describe the subject.

    Args:
        run: what it does.
    """
    live = subjects.add_parser(
        "live",
        help="searching while items are changed, and when other processes show a change",
        description="Start an API with a live catalogue in SQLite and an importer, on a copy of the index. Change "
        "items one after the other. Search from 8 clients without and with changes, at a steady rate and as fast as "
        "they can. Then start three more API processes and time when each shows a change, under load. In: BUNDLES. "
        "Out: a table and a line of JSON. Takes about five minutes.",
    )
    add_bundles(live)
    live.add_argument("--seconds", type=positive, default=60, metavar="N", help="length of each load (60)")
    live.add_argument("--changes-per-s", type=positive, default=200, metavar="N", help="changes a second (200)")
    live.add_argument("--writers", type=positive, default=4, metavar="N", help="clients that change items (4)")
    live.add_argument(
        "--searches-per-s", type=positive, default=200, metavar="N", help="searches a second at a steady rate (200)"
    )
    live.add_argument("--visible", type=positive, default=100, metavar="N", help="changes timed elsewhere (100)")
    live.set_defaults(run=run)
