"""A plan: what an installation needs, line by line."""

from dataclasses import dataclass
from typing import Literal

from commands.planning.constant import Constant
from commands.planning.demand import Demand

Part = Literal[
    "API processes",
    "workers",
    "cores",
    "API memory",
    "page cache",
    "worker memory",
    "importer memory",
    "Redis maxmemory",
    "Redis memory",
    "building an index",
    "memory",
    "embeddings",
    "bundles",
    "pictures",
    "thumbnails",
    "database",
    "disk",
    "first extraction",
]
Unit = Literal["processes", "cores", "bytes", "seconds"]


@dataclass(frozen=True, slots=True)
class Line:
    """One need.

    Attributes:
        part: what is needed.
        amount: how much of it, in its unit.
        unit: of the amount.
        why: the reason, for people.
        constants: the figures that it was computed with.
    """

    part: Part
    amount: int
    unit: Unit
    why: str
    constants: tuple[Constant, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an installation needs to carry a demand.

    Attributes:
        demand: what is asked of it.
        lines: each part once; a sum stands behind what it adds up.
        notes: what the figures leave open, a sentence each.
    """

    demand: Demand
    lines: tuple[Line, ...]
    notes: tuple[str, ...]

    def amount(self, part: Part) -> int:
        """How much of a part is needed; 0 if the plan does not have it."""
        return next((line.amount for line in self.lines if line.part == part), 0)

    @property
    def constants(self) -> tuple[Constant, ...]:
        """The figures behind all lines, each once, in the order of the lines."""
        return tuple(dict.fromkeys(each for line in self.lines for each in line.constants))
