"""What changes cost: the time of one more, and of a search, with a number of changes there.

`python -m benchmarks.live_index BUNDLES` measures the current bundle of a folder.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from contracts.changed_item import ChangedItem
from contracts.items import Item
from index.bundle import Bundle, open_current
from index.bundle_part import BundlePart
from index.conditions import Condition
from index.live_index import LiveIndex
from index.query import ListingQuery, SearchQuery

CHANGES = (0, 100, 1_000, 10_000)
_ONE_BY_ONE = 300
_SEARCHES = 2_000


@dataclass(frozen=True, slots=True)
class LiveTimes:
    """Times with a number of changes there, ms.

    Attributes:
        changes: their number.
        change_p50, change_p99: one more change, applied by itself.
        search_p50, search_p99: the 12 most similar to an embedding.
        filtered_p50: the same with one condition.
        page_p50: 24 items in catalogue order.
    """

    changes: int
    change_p50: float
    change_p99: float
    search_p50: float
    search_p99: float
    filtered_p50: float
    page_p50: float


def measure(bundle: Bundle, counts: Sequence[int] = CHANGES) -> Iterator[LiveTimes]:
    """Measure with each of some numbers of changes: half of items that there are, half of new ones."""
    generator = np.random.default_rng(0)
    total = max(counts) + _ONE_BY_ONE
    drawn = list(_draw(bundle, total, generator))
    live = LiveIndex.of(bundle)
    live.searcher.warm_up()
    for count in counts:
        live = live.changed(drawn[live.changes : count])
        changing = []
        more = live
        for change in drawn[count : count + _ONE_BY_ONE]:
            started = time.perf_counter()
            more = more.changed([change])
            changing.append(time.perf_counter() - started)
        yield _searched(bundle, live, changing, generator)


def _searched(
    bundle: Bundle, live: LiveIndex[BundlePart], changing: Sequence[float], generator: np.random.Generator
) -> LiveTimes:
    searcher = live.searcher
    queries = [_embedding(bundle, row) for row in generator.integers(0, len(bundle.items), 100).tolist()]
    field, column = next(iter(bundle.attributes.columns.items()))
    common = column.values[int(np.argmax(column.tallies))]
    plain, filtered = SearchQuery(), SearchQuery(conditions=(Condition(field, (common,)),))
    searching = _times(lambda n: searcher.find(plain, queries[n % len(queries)]))
    filtering = _times(lambda n: searcher.find(filtered, queries[n % len(queries)]))
    paging = _times(lambda n: searcher.listing(ListingQuery(limit=24, offset=24 * (n % 50))))
    return LiveTimes(
        live.changes,
        *_percentiles(changing),
        *_percentiles(searching),
        _percentiles(filtering)[0],
        _percentiles(paging)[0],
    )


def main() -> None:
    """Print a line for each number of changes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", type=Path)
    options = parser.parse_args()
    print("changes  change p50 / p99 ms   search p50 / p99 ms   filtered p50   page p50")
    for times in measure(open_current(options.bundles)):
        print(
            f"{times.changes:7,}  {times.change_p50:8.2f} / {times.change_p99:7.2f}   {times.search_p50:8.4f} / "
            f"{times.search_p99:7.4f}   {times.filtered_p50:12.4f}   {times.page_p50:8.4f}",
            flush=True,
        )


def _times(work: Callable[[int], object]) -> list[float]:
    taken = []
    for number in range(_SEARCHES):
        started = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - started)
    return taken


def _percentiles(taken: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(taken, n=100)
    return 1e3 * cuts[49], 1e3 * cuts[98]


def _draw(bundle: Bundle, count: int, generator: np.random.Generator) -> Iterator[ChangedItem]:
    rows = generator.permutation(len(bundle.items))[:count].tolist()
    for number, row in enumerate(rows):
        known = bundle.items.id(row)
        item_id, place = (known, row) if number % 2 else (f"new/{number}", len(bundle.items) + number)
        attributes = orjson.loads(bundle.items.attributes_json(row))
        noise = np.asarray(generator.standard_normal(bundle.full_embeddings.shape[1]), np.float32)
        yield ChangedItem(
            item_id,
            place,
            1 + number,
            Item(item_id, f"sha256:{number:064x}", attributes),
            _embedding(bundle, row) + np.float32(0.01) * noise,
        )


def _embedding(bundle: Bundle, row: int) -> NDArray[np.float32]:
    return np.asarray(bundle.full_embeddings[row], np.float32)


if __name__ == "__main__":
    main()
