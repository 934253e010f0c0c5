"""Reads a folder of street photos with `boxes.csv`: an item for each garment, cut out of its photo."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.box import MIN_BOX_SIDE_PX
from contracts.errors import CatalogueError, PictureRejected
from contracts.items import Item
from contracts.plain_ids import check_id
from contracts.text_form import one_form
from model.catalogue.bad_rows import BadRows
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.catalogue.street_boxes import BOXES_FILE, StreetBox, is_held_out_photo, read_street_boxes
from model.tolerance import DEFAULT_TOLERANCE, Tolerance
from pictures.header import MAX_PICTURE_BYTES, inspect
from storage.beneath import open_beneath

# Classes of garments on people, apart from those of photos that show one garment only.
CLASS_PREFIX: Final = "street-"
PHOTO_ATTRIBUTE: Final = "photo"


def read_street(path: Path, *, tolerance: Tolerance = DEFAULT_TOLERANCE, follow_links: bool = False) -> Catalogue:
    """Read the garments of a folder of street photos, in the order of `boxes.csv` (see `read_street_boxes`).

    A garment's id is its photo, its class and its number among those of this class on the photo:
    `photos/0006.jpg/bag-1`. Its category is `street-` and its class. Photos that training leaves out are the partition
    `test`, the others `train` (see `is_held_out_photo`). Each photo is read once.

    Args:
        path: the folder.
        tolerance: how many rows may be bad: as `read_street_boxes` says, those whose photo is no picture that can be
            read, and those whose box has a side of under 8 pixels.
        follow_links: whether photos may be read through links that lead out of the folder.

    Raises:
        CatalogueError: there is no `boxes.csv`, it cannot be read, or too many of its rows are bad.
    """
    root = path.resolve()
    bad = BadRows(tolerance)
    rows = read_street_boxes(root, bad)
    also = (Path(root.anchor),) if follow_links else ()
    photos: dict[str, _Photo | _Unreadable] = {}
    numbered: Counter[tuple[str, str]] = Counter()
    items = []
    for row in rows:
        if row.photo not in photos:
            photos[row.photo] = _read(root, row.photo, also)
        photo = photos[row.photo]
        if isinstance(photo, _Unreadable):
            bad.add(root / BOXES_FILE, row.line, row.photo, photo.reason)
            continue
        numbered[row.photo, row.category] += 1
        try:
            items.append(_item(row, photo, numbered[row.photo, row.category]))
        except ValueError as error:
            bad.add(root / BOXES_FILE, row.line, row.photo, str(error))
    bad.check(root / BOXES_FILE, len(items))
    categories = {item.attributes[CATEGORY_ATTRIBUTE] for item in items}
    return Catalogue(root, items, "street", tuple(sorted(categories)), bad_rows=tuple(bad.found))


@dataclass(frozen=True, slots=True)
class _Photo:
    width: int
    height: int
    held_out: bool


@dataclass(frozen=True, slots=True)
class _Unreadable:
    # Goes on after the photo's path.
    reason: str


def _read(root: Path, photo: str, also: tuple[Path, ...]) -> _Photo | _Unreadable:
    try:
        with open_beneath(root, photo, also=also) as stream:
            data = stream.read(MAX_PICTURE_BYTES + 1)
        header = inspect(data)
    except PictureRejected as rejection:
        return _Unreadable(f"cannot be used: {rejection.detail}")
    except (OSError, ValueError) as error:
        return _Unreadable(f"cannot be read: {getattr(error, 'strerror', None) or error}")
    return _Photo(header.width, header.height, is_held_out_photo(data))


def _item(row: StreetBox, photo: _Photo, number: int) -> Item:
    """The garment of a row as an item.

    Raises:
        ValueError: it cannot be one; the message goes on after the photo's path.
    """
    left, top, right, bottom = crop = row.box.pixels(photo.width, photo.height)
    # An item's crop that is smaller than this is ignored, and the whole photo would be embedded instead.
    if min(right - left, bottom - top) < MIN_BOX_SIDE_PX:
        raise ValueError(
            f"has {photo.width} x {photo.height} pixels, and the box covers {right - left} x {bottom - top} of them; "
            f"each side needs at least {MIN_BOX_SIDE_PX}"
        )
    item_id = one_form(f"{row.photo}/{row.category}-{number}")
    try:
        check_id(item_id)
    except CatalogueError as error:
        raise ValueError(f"and its class make no id: {error}") from None
    return Item(
        item_id,
        row.photo,
        {**row.attributes, PHOTO_ATTRIBUTE: row.photo, CATEGORY_ATTRIBUTE: f"{CLASS_PREFIX}{row.category}"},
        crop,
        "test" if photo.held_out else "train",
    )
