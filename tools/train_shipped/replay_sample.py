"""The pictures of a replay set: a sample of training and held-out photos and garments, and products to search for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contracts.box import Box
from model.training.lookalikes.replay_set import QUERY_KINDS, product_kind
from tools.train_shipped.class_map import ClassMap, street_class
from tools.train_shipped.encoding import SourcePicture
from tools.train_shipped.records import CATEGORY

# So many products fit each class, where there are so many: a search for ten can then be all right.
_PRODUCTS_A_CLASS = 15


@dataclass(frozen=True, slots=True)
class ReplayCounts:
    """How many pictures of each kind a replay set has at most. The defaults are those of the shipped one: 3 MB.

    Attributes:
        training: photos, and as many street garments, to repeat.
        held_out: photos, and as many street garments, to search with.
        products: to search for.
    """

    training: int = 650
    held_out: int = 250
    products: int = 600


@dataclass(frozen=True, slots=True)
class ReplayPicture:
    """A picture of a replay set.

    Attributes:
        path: of its file.
        box: the part that is shown, or None for all of it.
        kind, held_out: see `ReplaySet`.
        name: of its class.
    """

    path: Path
    box: Box | None
    kind: int
    held_out: bool
    name: str


def query_sample(
    photos: Sequence[SourcePicture], street: Sequence[SourcePicture], counts: ReplayCounts, draw: np.random.Generator
) -> list[ReplayPicture]:
    """Photos and garments, of small classes more than their size says."""
    phone_kind, street_kind = QUERY_KINDS.index("phone"), QUERY_KINDS.index("street")
    found = [
        ReplayPicture(each.path, None, phone_kind, each.record.held_out, each.record.attributes[CATEGORY])
        for each in photos
    ] + [
        ReplayPicture(each.path, Box(*garment.box), street_kind, each.record.held_out, street_class(garment.category))
        for each in street
        for garment in each.record.garments
    ]
    chosen: list[ReplayPicture] = []
    for kind in (phone_kind, street_kind):
        for held_out, most in ((False, counts.training), (True, counts.held_out)):
            group = [picture for picture in found if (picture.kind, picture.held_out) == (kind, held_out)]
            chosen += [group[row] for row in _balanced([picture.name for picture in group], most, draw)]
    return chosen


def product_sample(
    images: Mapping[str, Path], types: Mapping[str, str], classes: ClassMap, most: int, draw: np.random.Generator
) -> list[ReplayPicture]:
    """Products that fit each class, and others at random.

    Args:
        images: id -> file.
        types: id -> type, of products that have one.
        classes: class of a photo -> types that fit it.
        most: products, unless the classes need more.
        draw: which.
    """
    names = [str(name) for name in draw.permutation(sorted(types))]
    chosen: dict[str, None] = {}
    for fits in classes.values():
        chosen |= dict.fromkeys([name for name in names if types[name] in fits][:_PRODUCTS_A_CLASS])
    chosen |= dict.fromkeys(names[: max(0, most - len(chosen))])
    return [ReplayPicture(images[name], None, product_kind(), True, types[name]) for name in sorted(chosen)]


def _balanced(names: Sequence[str], most: int, draw: np.random.Generator) -> list[int]:
    """Rows of at most so many, rising."""
    sizes = Counter(names)
    weights = np.array([sizes[name] ** -0.5 for name in names])
    count = min(most, len(names))
    return sorted(draw.choice(len(names), count, replace=False, p=weights / weights.sum()).tolist()) if count else []
