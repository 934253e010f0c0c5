"""`lookalike demo`."""

import argparse
from pathlib import Path

from commands.options import CATALOGUE_HELP, Verbs


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "demo",
        help="sample catalogue -> a running page",
        description="Unpack the sample catalogue (or use yours), extract, index and serve, all below .lookalike/. "
        "With the sample catalogue, the first run takes about 20 seconds, later ones some seconds.",
    )
    verb.add_argument("--catalogue", type=Path, metavar="PATH", help=CATALOGUE_HELP)
    verb.add_argument("--port", type=int, default=8000, help="(8000)")
    verb.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    from launch.demo import run_demo

    return run_demo(catalogue=options.catalogue, port=options.port, home=Path.cwd() / ".lookalike")
