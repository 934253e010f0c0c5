"""`lookalike plan`."""

import argparse
import json
import math

from commands.options import Verbs
from commands.planning import constants as known
from commands.planning.demand import Demand
from commands.planning.printing import as_json, as_table, as_text
from commands.planning.sizing import plan

_MOST_PER_S = 1_000_000
_MOST_PICTURE_KB = 1_000_000


def add_verb(verbs: "Verbs[argparse.ArgumentParser]") -> None:
    """Describe the verb."""
    verb = verbs.add_parser(
        "plan",
        help="how many processes, how much memory and disk a catalogue needs",
        description="Compute what an installation needs from figures that were measured (docs/measured.md, "
        "docs/scale.md). In: the options. Out: a line for each need, with its reason and the constants behind it. "
        "Rates are those of the busiest minute. Looks at nothing and changes nothing.",
    )
    verb.add_argument("--items", type=_items, metavar="N", help="items of the catalogue (required but for --table)")
    verb.add_argument(
        "--photos-per-second",
        type=_per_second,
        metavar="R",
        help="searches by a new photo, a second (required but for --table)",
    )
    verb.add_argument(
        "--searches-per-second",
        type=_per_second,
        default=0.0,
        metavar="S",
        help="searches by an item that are not answered from memory, a second (0)",
    )
    verb.add_argument(
        "--changes-per-hour",
        type=_changes_per_hour,
        default=0.0,
        metavar="C",
        help="items with a new picture, an hour; above 0 the catalogue is live (0)",
    )
    verb.add_argument("--live", action="store_true", help="with a database, so that items can be changed")
    verb.add_argument(
        "--picture-kb",
        type=_picture_kb,
        default=known.PICTURE.value / 1e3,
        metavar="KB",
        help=f"mean size of a picture of the catalogue ({known.PICTURE.value / 1e3:g})",
    )
    form = verb.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--table", action="store_true", help="print the table of docs/scale.md instead")
    verb.set_defaults(run=_plan, fail=verb.error)


def _plan(options: argparse.Namespace) -> int:
    if options.table:
        print("\n".join(as_table()))
        return 0
    if options.items is None or options.photos_per_second is None:
        options.fail("say --items N and --photos-per-second R, such as --items 100000 --photos-per-second 5")
    made = plan(
        Demand(
            items=options.items,
            photos_per_s=options.photos_per_second,
            searches_per_s=options.searches_per_second,
            changes_per_hour=options.changes_per_hour,
            live=options.live or options.changes_per_hour > 0,
            picture_bytes=options.picture_kb * 1e3,
        )
    )
    print(json.dumps(as_json(made), indent=2) if options.json else "\n".join(as_text(made)))
    return 0


def _items(text: str) -> int:
    try:
        items = int(text)
    except ValueError:
        items = 0
    if not 1 <= items <= known.MOST_ITEMS.value:
        raise argparse.ArgumentTypeError(
            f"{text!r:.100} is no number of items: give a whole number from 1 to {known.MOST_ITEMS.value:.0f}, the "
            "most that a bundle holds"
        )
    return items


def _per_second(text: str) -> float:
    return _number(text, _MOST_PER_S, "rate a second")


def _changes_per_hour(text: str) -> float:
    most = known.MOST_CHANGES.value * 3600
    return _number(text, most, f"rate of changes (more than {known.MOST_CHANGES.value:g} a second was never measured)")


def _picture_kb(text: str) -> float:
    return _number(text, _MOST_PICTURE_KB, "size in kB")


def _number(text: str, most: float, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    # Not a number fails both comparisons.
    if not 0 <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r:.100} is no {what}: give a number from 0 to {most:.0f}")
    return number
