"""Memory that a plan needs."""

import math
from collections.abc import Iterable

from commands.planning import constants as known
from commands.planning.demand import Demand
from commands.planning.plan import Line


def bundle_bytes(items: int) -> int:
    """Size of a bundle of so many items."""
    return math.ceil(items * known.BUNDLE.value / known.MEASURED_ITEMS.value)


def memory(demand: Demand, api: int, worker: int) -> list[Line]:
    """All lines of memory, their sum last.

    Args:
        demand: what must be carried.
        api: number of API processes.
        worker: number of workers.
    """
    limit = _redis(demand, api)
    copied = Line(
        "Redis memory",
        limit.amount * int(known.REDIS_COPY.value),
        "bytes",
        f"{known.REDIS_COPY.value:g} times that, because rewriting its file copies what changes meanwhile",
        (known.REDIS_COPY,),
    )
    parts = [_api(demand, api), _page_cache(demand), *_networks(demand, worker), copied, _building(demand)]
    total = Line("memory", sum(part.amount for part in parts), "bytes", "the lines above, without `Redis maxmemory`")
    before = [part for part in parts if part is not copied]
    return [*before[:-1], limit, copied, before[-1], total]


def _api(demand: Demand, processes: int) -> Line:
    budgets = (known.ANSWER_CACHE, known.BODY_BUDGET, known.THUMBNAIL_MEMORY)
    each = known.API_MEMORY.value + demand.items * known.API_ITEM.value + sum(known_.value for known_ in budgets)
    why = (
        f"{known.API_MEMORY.value / 1e6:g} MB a process, {known.API_ITEM.value:g} bytes an item, and "
        "what its settings allow for remembered answers, bodies and thumbnails"
    )
    used = (known.API_MEMORY, known.API_ITEM, *budgets)
    return Line("API memory", math.ceil(processes * each), "bytes", why, used)


def _page_cache(demand: Demand) -> Line:
    why = "the served bundle and, while processes switch, the next one; shared by all API processes of a machine"
    return Line("page cache", 2 * bundle_bytes(demand.items), "bytes", why, (known.BUNDLE, known.MEASURED_ITEMS))


def _networks(demand: Demand, workers: int) -> Iterable[Line]:
    each = math.ceil(known.WORKER_MEMORY.value + known.DECODE_BUDGET.value)
    why = f"{known.WORKER_MEMORY.value / 1e6:g} MB each, and what its setting allows for decoding"
    used = (known.WORKER_MEMORY, known.DECODE_BUDGET)
    if workers:
        yield Line("worker memory", workers * each, "bytes", why, used)
    if demand.live:
        yield Line("importer memory", each, "bytes", "as a worker's: the same network, the same decoding", used)


def _redis(demand: Demand, api: int) -> Line:
    arriving = demand.photos_per_s + demand.changes_per_s
    waiting = min(arriving * known.TIMEOUT.value, api * known.PENDING.value)
    photos = waiting * known.PHOTO_BYTES.value / known.PHOTO_SHARE.value
    why = (
        f"at most {math.ceil(waiting)} photos of {known.PHOTO_BYTES.value / 1e6:g} MB wait, in "
        f"{known.PHOTO_SHARE.value:.0%} of it; at least {known.REDIS_LEAST.value / 1e6:g} MB"
    )
    used = (known.TIMEOUT, known.PENDING, known.PHOTO_BYTES, known.PHOTO_SHARE, known.REDIS_LEAST)
    return Line("Redis maxmemory", math.ceil(max(known.REDIS_LEAST.value, photos)), "bytes", why, used)


def _building(demand: Demand) -> Line:
    amount = math.ceil(demand.items * known.VECTOR.value * known.BUILD.value)
    why = f"{known.BUILD.value:g} times the reduced vectors, while an index is built on the same machine"
    return Line("building an index", amount, "bytes", why, (known.VECTOR, known.BUILD))
