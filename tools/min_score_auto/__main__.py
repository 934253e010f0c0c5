"""`python -m tools.min_score_auto`: measures what `min_score=auto` keeps and cuts off.

Queries are photos of known classes, or else items of the catalogue. An item is right for a query if it has the same
value of an attribute, or one that the class map names.
"""

import argparse
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from contracts.class_map import read_class_map
from contracts.embedding_set import EmbeddingSet
from index.bundle import Bundle, open_current
from index.part_searcher import PartSearcher
from storage.embeddings_folder import read_embeddings
from tools.min_score_auto.counting import Counted, counted_for_item, counted_for_photo

_ITEMS = 500
_CLASS = "category"


def main() -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tools.min_score_auto", description=__doc__)
    parser.add_argument("bundles", type=Path, metavar="BUNDLES", help="folder of bundles; the current one is searched")
    parser.add_argument("--relevant", default="articleType", metavar="A", help="the attribute (articleType)")
    parser.add_argument("--queries", type=Path, metavar="EMBEDDINGS", help="embeddings of photos, with --class-map")
    parser.add_argument("--class-map", type=Path, metavar="FILE", help="a photo's category -> values that are right")
    options = parser.parse_args()
    if (options.queries is None) != (options.class_map is None):
        parser.error("--queries and --class-map go together")
    bundle = open_current(options.bundles)
    if options.queries is None:
        counted = list(_of_items(bundle, options.relevant))
    else:
        photos, classes = read_embeddings(options.queries), read_class_map(options.class_map)
        counted = list(_of_photos(bundle, options.relevant, photos, classes))
    if not counted:
        parser.error("there is no query for which an item of the catalogue is right")
    print(f"resemblance ends at {bundle.resemblance_from}; {len(counted)} queries, {len(bundle.items):,} items")
    for line in _lines(counted):
        print(line)
    return 0


def _of_items(bundle: Bundle, field: str) -> Iterator[Counted]:
    searcher, column = PartSearcher.of(bundle), bundle.attributes.columns[field]
    for row in np.random.default_rng(1).permutation(len(bundle.items))[:_ITEMS].tolist():
        code = int(bundle.attributes.codes(field)[row])
        if code >= 0:
            yield counted_for_item(searcher, bundle.items.record(row).id, field, {column.values[code]})


def _of_photos(
    bundle: Bundle, field: str, photos: EmbeddingSet, classes: Mapping[str, Collection[str]]
) -> Iterator[Counted]:
    searcher = PartSearcher.of(bundle)
    for photo, embedding in zip(photos.items, photos.embeddings, strict=True):
        right = classes.get(photo.attributes.get(_CLASS, ""))
        if right is not None:
            yield counted_for_photo(searcher, np.asarray(embedding), field, right)


def _lines(counted: Sequence[Counted]) -> Iterator[str]:
    kept = np.array([one.kept for one in counted])
    right = np.array([one.kept_right for one in counted])
    cut = np.array([one.all - one.kept for one in counted])
    cut_right = np.array([one.all_right - one.kept_right for one in counted])
    low, middle, high = np.percentile(kept, [5, 50, 95])
    found = kept > 0
    yield f"total: median {middle:,.0f}, 5th to 95th percentile {low:,.0f} to {high:,.0f}, none {1 - found.mean():.1%}"
    yield f"right among those kept: {(right[found] / kept[found]).mean():.1%}, mean over queries"
    yield f"right among those cut off: {cut_right.sum() / max(1, cut.sum()):.1%}"
    yield f"kept of those that are right: {(right / np.maximum(1, right + cut_right)).mean():.1%}, mean over queries"


raise SystemExit(main())
