"""`lookalike demo`."""

import argparse
from pathlib import Path

from commands.options import CATALOGUE_HELP, Verbs, add_address, add_engine


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "demo",
        help="sample catalogue -> a running page",
        description="Unpack the sample catalogue (or use yours), extract, index and serve, all below .lookalike/. "
        "With the sample catalogue, the first run takes about 20 seconds, later ones some seconds.",
    )
    verb.add_argument("--catalogue", type=Path, metavar="PATH", help=CATALOGUE_HELP)
    add_address(verb)
    add_engine(verb)
    verb.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    from launch.demo import run_demo

    return run_demo(
        catalogue=options.catalogue,
        host=options.host,
        port=options.port,
        open_to_all=options.open,
        engine=options.engine,
        home=Path.cwd() / ".lookalike",
    )
