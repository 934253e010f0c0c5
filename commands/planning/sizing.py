"""From a demand to a plan."""

from collections.abc import Iterator

from commands.planning import constants as known
from commands.planning.demand import Demand
from commands.planning.disk import disk, first_extraction
from commands.planning.memory import memory
from commands.planning.plan import Line, Plan
from commands.planning.processes import api_processes, cores, workers


def plan(demand: Demand) -> Plan:
    """What an installation needs to carry a demand.

    No need shrinks when the demand grows.
    """
    api, worker = api_processes(demand), workers(demand)
    of_memory = memory(demand, api.amount, worker.amount)
    lines = (
        api,
        worker,
        cores(demand, api.amount, worker.amount),
        *of_memory,
        *disk(demand),
        first_extraction(demand),
    )
    return Plan(demand, lines, tuple(_notes(demand, of_memory)))


def _notes(demand: Demand, of_memory: list[Line]) -> Iterator[str]:
    yield (
        f"Measured on two cores with bfloat16 and {known.MEASURED_ITEMS.value:,.0f} items; measure on your own machine "
        "with `lookalike benchmark http` before you buy."
    )
    yield "No figure was measured on a GPU."
    if demand.items > known.SEARCH_TIME_ITEMS.value:
        yield (
            f"Times of a search of more than {known.SEARCH_TIME_ITEMS.value:,.0f} items are extrapolated "
            "(docs/scale.md, Time per query)."
        )
    if of_memory[-1].amount > known.ONE_MACHINE.value:
        yield (
            f"This is more memory than the {known.ONE_MACHINE.value / 1e9:g} GB of a large machine: spread API "
            "processes and workers over several, each with a copy of the bundle, or let a search engine hold the "
            "items: docs/scale.md, What each engine costs."
        )
