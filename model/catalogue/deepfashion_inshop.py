"""Reads DeepFashion's In-shop Clothes Retrieval benchmark: several pictures of each item, for training and testing.

Source: Liu et al. 2016, DeepFashion: Powering Robust Clothes Recognition and Retrieval with Rich Annotations.
"""

from collections.abc import Collection
from pathlib import Path

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.attributes_csv import read_attributes
from model.catalogue.bad_rows import BadRows
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.catalogue.deepfashion_inshop_layout import (
    PARTITION_LIST,
    box_list,
    colour_list,
    header_columns,
    partition_list,
    picture_folder,
)
from model.catalogue.deepfashion_inshop_lists import STATUSES, read_boxes, read_colours, read_partitions
from model.catalogue.deepfashion_inshop_protocol import check_protocol
from model.catalogue.deepfashion_lists import ImageList, wanted_partitions
from model.catalogue.ids import check_ids
from model.catalogue.located import located
from model.tolerance import DEFAULT_TOLERANCE, Tolerance

ITEM_ATTRIBUTE = "item_id"
_GENDERS = ("MEN", "WOMEN")


def is_deepfashion_inshop(root: Path) -> bool:
    """Whether a folder has In-shop boxes, or a partition list with item ids, as only retrieval benchmarks have."""
    return ITEM_ATTRIBUTE in header_columns(root / PARTITION_LIST) or box_list(root) is not None


def read_deepfashion_inshop(
    path: Path, *, partitions: Collection[str] | None = None, tolerance: Tolerance = DEFAULT_TOLERANCE
) -> Catalogue:
    """Read an In-shop root in the order of `list_eval_partition.txt`, without opening the pictures.

    Ids are the names in the lists, such as `img/WOMEN/Dresses/id_00000002/02_1_front.jpg`. The attributes are
    `item_id` (what a query must find again); `gender` and `category`, taken from the path; `clothes_type` and
    `pose_type`, if there is a list of boxes; `colour`, if there is a list of colours; and the columns of an
    `attributes.csv` at the root, which take precedence.

    Args:
        path: the folder with `img` (or `Img/img`), `Eval` and `Anno`.
        partitions: those to keep, of `train`, `query` and `gallery`; by default all.
        tolerance: how many rows of `attributes.csv` may be bad.

    Returns:
        The catalogue. An item's crop is its box in the list, or None if it has none or one with no area or a negative
        corner. Its notes say if results cannot be compared with published ones.

    Raises:
        CatalogueError: a list is missing or has a wrong line, lists disagree on the images, the official protocol is
            violated (see `check_protocol`), a name is not a path of the benchmark, an id cannot be addressed, a
            partition is unknown, or nothing is left.
    """
    root = path.resolve()
    wanted = wanted_partitions(partitions, STATUSES)
    listed = read_partitions(partition_list(root))
    names, images = listed.images.names, listed.images
    notes = list(check_protocol(listed))
    places = _places(images)
    check_ids(names, range(images.line(0), images.line(len(names))), images.path)
    folder = picture_folder(root, names, {gender for gender, _ in places})
    notes += folder.notes

    box_path, colour_path = box_list(root), colour_list(root)
    boxes = read_boxes(box_path, images) if box_path else None
    colours = read_colours(colour_path, images) if colour_path else {}
    bad = BadRows(tolerance)
    joined = read_attributes(root, names, bad)

    items = []
    for row, (name, (gender, category), status) in enumerate(zip(names, places, listed.statuses, strict=True)):
        if status not in wanted:
            continue
        attributes = {ITEM_ATTRIBUTE: listed.items[row], "gender": gender, CATEGORY_ATTRIBUTE: category}
        if boxes:
            attributes |= {"clothes_type": boxes.clothes_types[row], "pose_type": boxes.pose_types[row]}
        if name in colours:
            attributes["colour"] = colours[name]
        attributes |= joined.get(name, {})
        crop = boxes.crops[row] if boxes and not folder.is_large else None
        items.append(Item(name, folder.image(name), attributes, crop, status))
    if not items:
        raise CatalogueError(
            f"{images.path}: none of {len(names)} images is of the partitions {', '.join(wanted)}; choose others"
        )

    left_out = len(names) - len(items)
    without_crop = sum(item.crop is None for item in items) if boxes and not folder.is_large else 0
    if left_out:
        notes.append(f"images left out because they are of other partitions: {left_out}")
    if without_crop:
        notes.append(f"boxes ignored because they have no area or a negative corner: {without_crop}")
    if boxes is None:
        notes.append(f"{root} has no list_bbox_inshop.txt: pictures have no box, no clothes_type and no pose_type")
    colourless = sum(item.id not in colours for item in items) if colour_path else 0
    if colourless:
        notes.append(f"images without a colour in the list of colours: {colourless}")
    categories = tuple(sorted({category for _, category in places}))
    return Catalogue(
        root, items, "deepfashion-inshop", categories, left_out + without_crop, tuple(notes), tuple(bad.found)
    )


def _places(images: ImageList) -> list[tuple[str, str]]:
    """Gender and category of each image, from its path."""
    places = []
    for row, name in enumerate(images.names):
        _, gender, *rest = name.split("/")
        if gender not in _GENDERS or len(rest) < 3 or not all(rest):
            raise located(
                images.path,
                images.line(row),
                f"{name:.200} is not a path like img/WOMEN/Dresses/id_00000002/02_1_front.jpg, with MEN or WOMEN first;"
                " correct the row",
            )
        places.append((gender, rest[0]))
    return places
