"""A plan as text, as JSON, and as the table of docs/scale.md."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Final

from commands.planning import constants as known
from commands.planning.constant import Constant
from commands.planning.demand import Demand
from commands.planning.plan import Line, Part, Plan
from commands.planning.sizing import plan
from contracts.sizes import size_in_words

TABLE_ITEMS: Final = (10_000, 100_000, 1_000_000, 10_000_000)
TABLE_PHOTOS: Final = (1, 10, 100)
_TABLE_PARTS: Final[tuple[Part, ...]] = ("API processes", "workers", "cores", "memory", "Redis maxmemory", "disk")


def as_text(made: Plan) -> Iterator[str]:
    """Lines for people: needs, notes, and the constants with their sources."""
    part_width = max(len(line.part) for line in made.lines)
    need_width = max(len(in_words(line)) for line in made.lines)
    for line in made.lines:
        yield f"{line.part:{part_width}}  {in_words(line):>{need_width}}  {line.why}"
        if line.constants:
            yield f"{'':{part_width}}  {'':{need_width}}  [{', '.join(each.name for each in line.constants)}]"
    yield ""
    yield from made.notes
    yield ""
    yield "Constants:"
    name_width = max(len(each.name) for each in made.constants)
    for each in made.constants:
        yield f"  {each.name:{name_width}}  {_figure(each)}, {each.kind} (docs/{each.page}): {each.says}"


def as_json(made: Plan) -> dict[str, Any]:
    """The same for programs; amounts in whole units."""
    return {
        "demand": dataclasses.asdict(made.demand),
        "needs": [
            {
                "part": line.part,
                "amount": line.amount,
                "unit": line.unit,
                "why": line.why,
                "constants": [each.name for each in line.constants],
            }
            for line in made.lines
        ],
        "notes": list(made.notes),
        "constants": {
            each.name: {
                "value": each.value,
                "unit": each.unit,
                "kind": each.kind,
                "page": f"docs/{each.page}",
                "says": each.says,
            }
            for each in made.constants
        },
    }


def as_table() -> Iterator[str]:
    """The Markdown table of docs/scale.md: some sizes of catalogues, some rates of photos."""
    yield "| items | photos/s | " + " | ".join(_TABLE_PARTS) + " |"
    yield "|---" * (2 + len(_TABLE_PARTS)) + "|"
    for items in TABLE_ITEMS:
        for photos in TABLE_PHOTOS:
            # A photo a second comes with ten searches that start at an item.
            made = plan(Demand(items, photos, 10.0 * photos, 0, False, known.PICTURE.value))
            needs = {line.part: _cell(line) for line in made.lines}
            yield f"| {items:,} | {photos} | " + " | ".join(needs[part] for part in _TABLE_PARTS) + " |"


def in_words(line: Line) -> str:
    """The amount of a line with its unit."""
    if line.unit == "bytes":
        return size_in_words(line.amount)
    if line.unit == "seconds":
        return _duration(line.amount)
    one = {"processes": "process", "cores": "core"}[line.unit]
    return f"{line.amount:,} {one if line.amount == 1 else line.unit}"


def _cell(line: Line) -> str:
    return in_words(line) if line.unit == "bytes" else f"{line.amount:,}"


def _figure(constant: Constant) -> str:
    if constant.unit == "bytes":
        return size_in_words(round(constant.value))
    # A share, an exponent or a number of times is not a count of anything.
    bare = constant.unit in ("share", "exponent")
    return f"{constant.value:,.7g}" + ("" if bare else f" {constant.unit}")


def _duration(seconds: int) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds} s"
