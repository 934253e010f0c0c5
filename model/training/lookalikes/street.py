"""Street photos to train on: which types their garments may be, and what is cut out of each photo."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.box import MIN_BOX_SIDE_PX, Box
from contracts.errors import CatalogueError, PictureRejected
from contracts.items import Item
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE
from model.catalogue.street_boxes import BOXES_FILE, StreetBox, is_held_out_photo
from pictures.header import inspect

_PREFIX = "street-"
# What is cut out reaches so far over each side of a box, as a share of it: the most that a view shows beside it.
_AROUND = 0.35


@dataclass(frozen=True, slots=True)
class Street:
    """A folder of street photos.

    Attributes:
        root: the folder.
        boxes: its garments.
        class_map: class of a garment -> values of the first target that it may be.
    """

    root: Path
    boxes: Sequence[StreetBox]
    class_map: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Garment:
    """A garment and what is cut out around it.

    Attributes:
        item: its photo, cropped to the box and what is around it; its category is a class of the class map.
        inner: the garment's own box, as fractions of what is cut out.
    """

    item: Item
    inner: Box


@dataclass(frozen=True, slots=True)
class Garments:
    """The garments of a street folder.

    Attributes:
        train, test: those of photos to train on, and of held-out photos.
    """

    train: Sequence[Garment]
    test: Sequence[Garment]


def street_class(category: str, class_map: Mapping[str, frozenset[str]]) -> str | None:
    """The class of a class map that garments of a class belong to: `street-<class>`, else the class itself."""
    return next((name for name in (f"{_PREFIX}{category}", category) if name in class_map), None)


def check_street_classes(street: Street) -> None:
    """Check that a class map has a class for every garment.

    Raises:
        CatalogueError: lists those that it lacks.
    """
    missing = {box.category for box in street.boxes if street_class(box.category, street.class_map) is None}
    if missing:
        raise CatalogueError(
            f"the class map lacks {', '.join(map(repr, sorted(missing)))}, classes of garments in "
            f"{street.root / BOXES_FILE}; add each, as {_PREFIX}<class> or <class>, with the values that fit it"
        )


def street_garments(street: Street, *, hold_out: bool) -> Garments:
    """Look up where each garment is, and hold out the garments of a fifth of the photos.

    Photos that cannot be read keep their garments, which are listed as unreadable when they are to be decoded.

    Args:
        street: the folder.
        hold_out: keep a fifth of the photos for testing.
    """
    sizes: dict[str, tuple[int, int, bool]] = {}
    train: list[Garment] = []
    test: list[Garment] = []
    for box in street.boxes:
        if box.photo not in sizes:
            sizes[box.photo] = _size_and_side(street.root / box.photo)
        width, height, held_out = sizes[box.photo]
        category = street_class(box.category, street.class_map) or box.category
        item = Item(f"{box.photo}#{box.line}", box.photo, {CATEGORY_ATTRIBUTE: category})
        (test if hold_out and held_out else train).append(_with_surroundings(item, box.box, width, height))
    return Garments(train, test)


def _size_and_side(path: Path) -> tuple[int, int, bool]:
    """Width, height, and whether the photo is held out; 1 x 1 if it cannot be read."""
    try:
        data = path.read_bytes()
        header = inspect(data)
    except (OSError, PictureRejected):
        return 1, 1, False
    return header.width, header.height, is_held_out_photo(data)


def _with_surroundings(item: Item, box: Box, width: int, height: int) -> Garment:
    left, right, x1, x2 = _around(box.x1, box.x2, width)
    top, bottom, y1, y2 = _around(box.y1, box.y2, height)
    return Garment(dataclasses.replace(item, crop=(left, top, right, bottom)), Box(x1, y1, x2, y2))


def _around(low: float, high: float, length: int) -> tuple[int, int, float, float]:
    """What is cut out along one axis.

    Args:
        low, high: where the box begins and ends, fractions of the photo.
        length: of the photo, pixels.

    Returns:
        Where the cut begins and ends, pixels, and where the box does, fractions of the cut.
    """
    more = _AROUND * (high - low)
    begin = min(int(max(0.0, low - more) * length), max(0, length - MIN_BOX_SIDE_PX))
    end = max(min(length, math.ceil((high + more) * length)), begin + MIN_BOX_SIDE_PX)
    span = end - begin
    return begin, end, max(0.0, (low * length - begin) / span), min(1.0, (high * length - begin) / span)
