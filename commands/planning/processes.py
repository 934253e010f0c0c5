"""How many processes a demand keeps busy."""

import math

from commands.planning import constants as known
from commands.planning.demand import Demand
from commands.planning.plan import Line

# So that 0.1 + 0.2 of a process is not rounded up to one more.
_ROUNDING = 1e-9


def search_seconds(items: int) -> float:
    """Time of a process for a search of so many items, HTTP included.

    What was measured over HTTP had a small catalogue, so the time of a search that grows with the items is added.
    """
    grown: float = (items / known.SEARCH_TIME_ITEMS.value) ** known.SEARCH_EXPONENT.value
    return 1 / known.SEARCHES.value + known.SEARCH_TIME.value * grown


def photos_of_a_worker() -> float:
    """Photos a second that a worker with two cores embeds, garments included."""
    return 1 / (1 / known.PHOTOS.value + known.DETECTION.value)


def api_processes(demand: Demand) -> Line:
    """Each process answers one request at a time, on one core; every one of them applies all changes."""
    search = search_seconds(demand.items)
    busy = (
        demand.searches_per_s * search
        + demand.photos_per_s * (known.PHOTO_IN_API.value + search)
        + demand.changes_per_s * known.CHANGE.value
    )
    free = known.LOAD.value - demand.changes_per_s * known.APPLY.value
    count = max(int(known.LEAST_API.value), _whole(busy / free))
    why = (
        f"{busy:.3g} cores of work: {search * 1e3:.3g} ms a search and {known.PHOTO_IN_API.value * 1e3:g} ms more "
        f"a photo, planned at {known.LOAD.value:.0%}; at least {known.LEAST_API.value:g}"
    )
    used = (known.SEARCHES, known.SEARCH_TIME, known.SEARCH_TIME_ITEMS, known.SEARCH_EXPONENT, known.PHOTO_IN_API)
    changing = (known.CHANGE, known.APPLY) if demand.changes_per_s else ()
    return Line("API processes", count, "processes", why, (*used, *changing, known.LOAD, known.LEAST_API))


def workers(demand: Demand) -> Line:
    """Workers for photos and for the pictures of changed items; none if there are neither."""
    pictures = demand.photos_per_s + demand.changes_per_s
    each = photos_of_a_worker()
    least = 1 if pictures or demand.live else 0
    count = max(least, _whole(pictures / (each * known.LOAD.value)))
    why = (
        f"with {known.WORKER_CORES.value:g} cores each, which embed {each:.0f} pictures a second, planned at "
        f"{known.LOAD.value:.0%}; or one GPU each, which was not measured"
        if count
        else "no photos and no changes"
    )
    return Line("workers", count, "processes", why, (known.PHOTOS, known.DETECTION, known.WORKER_CORES, known.LOAD))


def cores(demand: Demand, api: int, worker: int) -> Line:
    """Those of all processes; Redis's share is part of what photos were measured with."""
    importing = int(demand.live)
    total = api + worker * int(known.WORKER_CORES.value) + importing
    why = f"one an API process, {known.WORKER_CORES.value:g} a worker" + (", one for the importer" if importing else "")
    return Line("cores", total, "cores", why, (known.WORKER_CORES,))


def _whole(count: float) -> int:
    return math.ceil(count - _ROUNDING)
