"""Disk that a plan needs, and how long the first extraction takes."""

import math

from commands.planning import constants as known
from commands.planning.demand import Demand
from commands.planning.memory import bundle_bytes
from commands.planning.plan import Line


def disk(demand: Demand) -> list[Line]:
    """All lines of disk, their sum last."""
    parts = [_embeddings(demand), _bundles(demand), _pictures(demand), _thumbnails()]
    if demand.live:
        parts.append(_database(demand))
    return [*parts, Line("disk", sum(part.amount for part in parts), "bytes", "the lines above")]


def first_extraction(demand: Demand) -> Line:
    """How long it takes to embed the catalogue for the first time."""
    seconds = demand.items * known.EXTRACTION.value / known.MEASURED_ITEMS.value
    rate = known.MEASURED_ITEMS.value / known.EXTRACTION.value
    why = f"{rate:.0f} pictures a second on {known.WORKER_CORES.value:g} cores, once; afterwards only what is new"
    return Line("first extraction", math.ceil(seconds), "seconds", why, (known.EXTRACTION, known.MEASURED_ITEMS))


def _embeddings(demand: Demand) -> Line:
    each = known.EMBEDDINGS.value / known.MEASURED_ITEMS.value
    amount = math.ceil(demand.items * (2 * each + known.ITEM_LINE.value))
    why = f"{each:.0f} bytes an item, twice while an extraction's journal is there, and its line of the catalogue"
    return Line("embeddings", amount, "bytes", why, (known.EMBEDDINGS, known.MEASURED_ITEMS, known.ITEM_LINE))


def _bundles(demand: Demand) -> Line:
    versions = int(known.KEPT.value) + 1
    each = bundle_bytes(demand.items) / demand.items
    why = f"{each:.0f} bytes an item, {known.KEPT.value:g} kept versions and the one that is being written"
    used = (known.BUNDLE, known.MEASURED_ITEMS, known.KEPT)
    return Line("bundles", versions * bundle_bytes(demand.items), "bytes", why, used)


def _pictures(demand: Demand) -> Line:
    given = demand.picture_bytes != known.PICTURE.value
    why = f"{demand.picture_bytes / 1e3:g} kB a picture, " + ("as you say" if given else "assumed; see --picture-kb")
    amount = math.ceil(demand.items * demand.picture_bytes)
    return Line("pictures", amount, "bytes", why, () if given else (known.PICTURE,))


def _thumbnails() -> Line:
    why = "what its setting allows, on each machine with API processes"
    return Line("thumbnails", int(known.THUMBNAIL_DISK.value), "bytes", why, (known.THUMBNAIL_DISK,))


def _database(demand: Demand) -> Line:
    each = known.DATABASE.value / known.MEASURED_ITEMS.value
    why = f"{each:.0f} bytes an item in SQLite, embedding included"
    return Line("database", math.ceil(demand.items * each), "bytes", why, (known.DATABASE, known.MEASURED_ITEMS))
