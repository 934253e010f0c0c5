"""The official protocol of DeepFashion's In-shop Clothes Retrieval, which makes results comparable.

Source: Liu et al. 2016, DeepFashion: Powering Robust Clothes Recognition and Retrieval with Rich Annotations.
"""

from collections import Counter

from model.catalogue.deepfashion_inshop_lists import STATUSES, Partitions
from model.catalogue.located import located

OFFICIAL_IMAGES = {"train": 25_882, "query": 14_218, "gallery": 12_612}
OFFICIAL_TOTAL = sum(OFFICIAL_IMAGES.values())


def check_protocol(partitions: Partitions) -> tuple[str, ...]:
    """Check the counts of the official protocol, and that each query can be answered.

    Returns:
        A note if the list is only a part of the benchmark.

    Raises:
        CatalogueError: the list has as many images as the whole benchmark but another split, an item is both for
            training and for testing, or a query's item has no gallery image.
    """
    counts = Counter(partitions.statuses)
    _check_counts(partitions, counts)
    _check_items(partitions)
    total = len(partitions.statuses)
    if total == OFFICIAL_TOTAL:
        return ()
    return (
        f"this is {total:,} of the {OFFICIAL_TOTAL:,} images of DeepFashion In-shop ({_spelled(counts)}): "
        "figures made with it cannot be compared with published ones",
    )


def _check_counts(partitions: Partitions, counts: Counter[str]) -> None:
    if counts.total() == OFFICIAL_TOTAL and counts != OFFICIAL_IMAGES:
        raise located(
            partitions.images.path,
            1,
            f"says {OFFICIAL_TOTAL} images, as the whole benchmark has, but they are {_spelled(counts)}, where the "
            f"official protocol has {_spelled(OFFICIAL_IMAGES)}; copy the file again",
        )


def _check_items(partitions: Partitions) -> None:
    images = partitions.images
    first: dict[str, dict[str, int]] = {status: {} for status in STATUSES}
    for row, (item, status) in enumerate(zip(partitions.items, partitions.statuses, strict=True)):
        first[status].setdefault(item, row)
    for status in ("query", "gallery"):
        shared = first["train"].keys() & first[status].keys()
        if shared:
            row = min(first[status][item] for item in shared)
            item = partitions.items[row]
            raise located(
                images.path,
                images.line(row),
                f"item {item!r:.60} is for testing here ({status}) and for training on line "
                f"{images.line(first['train'][item])}; correct one of the rows",
            )
    for item, row in first["query"].items():
        if item not in first["gallery"]:
            raise located(
                images.path,
                images.line(row),
                f"query {images.names[row]:.200} is of item {item!r:.60}, which has no gallery image; "
                "add one or remove the row",
            )


def _spelled(counts: Counter[str] | dict[str, int]) -> str:
    return ", ".join(f"{counts.get(status, 0):,} {status}" for status in STATUSES)
