"""Reads DeepFashion's Category and Attribute Prediction benchmark from its list files.

Source: Liu et al. 2016, DeepFashion: Powering Robust Clothes Recognition and Retrieval with Rich Annotations.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.attributes_csv import read_attributes
from model.catalogue.bad_rows import BadRows
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.catalogue.deepfashion_attributes import read_labelled_attributes
from model.catalogue.deepfashion_lists import (
    Crop,
    ImageList,
    crops,
    integer,
    parsed,
    read_image_list,
    read_named_numbers,
    rows_in_order_of,
    wanted_partitions,
)
from model.catalogue.deepfashion_pictures import PictureFolder, find_picture_folder, folders_in_words
from model.catalogue.ids import check_ids
from model.tolerance import DEFAULT_TOLERANCE, Tolerance

UPPER_BODY_CATEGORIES = range(1, 21)
PARTITIONS = ("train", "val", "test")
# The download of 2016 has `Anno`; later ones have the same lists for all images in `Anno_coarse`.
_ANNOTATION_FOLDERS = ("Anno", "Anno_coarse")
_PARTITION_LIST = Path("Eval", "list_eval_partition.txt")
_IMAGE_LISTS = ("list_bbox.txt", "list_category_img.txt")


def is_deepfashion(root: Path) -> bool:
    """Whether a folder has DeepFashion's annotation folders or one of its lists."""
    annotations = _annotations(root)
    if annotations.is_dir() and (root / _PARTITION_LIST).parent.is_dir():
        return True
    return (root / _PARTITION_LIST).is_file() or any((annotations / name).is_file() for name in _IMAGE_LISTS)


def read_deepfashion(
    path: Path,
    *,
    categories: Collection[int] | None = None,
    partitions: Collection[str] | None = None,
    with_attributes: bool = True,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
) -> Catalogue:
    """Read a DeepFashion root in the order of `list_category_img.txt`, without opening the pictures.

    The attributes are `category`; if there is a `list_attr_img.txt`, `texture`, `fabric`, `shape`, `part` and `style`
    (see `read_labelled_attributes`); and the columns of an `attributes.csv` at the root, which take precedence.

    Args:
        path: the folder with `Anno`, `Eval` and `img` (see `deepfashion_pictures` for where else pictures may be).
        categories: numbers of the categories to keep; by default 1 to 20, the upper body.
        partitions: those to keep, of `train`, `val` and `test`; by default all.
        with_attributes: whether to read `list_attr_img.txt`, which at full size has 600 MB and takes some seconds.
        tolerance: how many rows of `attributes.csv` may be bad.

    Returns:
        The catalogue. An item's crop is DeepFashion's box, or None if the box has no area or a negative corner,
        or the pictures are those of `img_highres`, which it does not fit.

    Raises:
        CatalogueError: a list is missing or has a wrong line, lists disagree on the images, an id cannot be
            addressed, a category or partition is unknown, or nothing is left.
    """
    root = path.resolve()
    annotations = _annotations(root)
    name_of = dict(enumerate((name for name, _ in read_named_numbers(annotations / "list_category_cloth.txt")), 1))
    kept_partitions = wanted_partitions(partitions, PARTITIONS)
    wanted = _wanted_categories(categories, name_of)

    labels = read_image_list(annotations / "list_category_img.txt", fields=2)
    label_of = parsed(labels, 0, lambda text: _known_category(text, name_of))
    partition_of = _partitions(root / _PARTITION_LIST, labels)

    kept = [
        row
        for row, (label, partition) in enumerate(zip(label_of, partition_of, strict=True))
        if label in wanted and partition in kept_partitions
    ]
    boxes = _boxes(annotations / "list_bbox.txt", labels, kept)
    names = [labels.names[row] for row in kept]
    if not names:
        raise CatalogueError(
            f"{labels.path}: none of {len(labels.names)} images is of the categories {_spelled(wanted)} and "
            f"the partitions {_spelled(kept_partitions)}; choose others"
        )
    check_ids(names, map(labels.line, kept), labels.path)

    labelled = read_labelled_attributes(annotations, labels, kept) if with_attributes else {}
    bad = BadRows(tolerance)
    joined = read_attributes(root, labels.names, bad)
    # Items with no other attribute share one mapping for each category.
    plain = {label: {CATEGORY_ATTRIBUTE: name} for label, name in name_of.items()}
    found = find_picture_folder(root, names)
    folder = found or PictureFolder("img")
    if folder.is_large:
        boxes = [None] * len(boxes)
    items = []
    for row, name, crop in zip(kept, names, boxes, strict=True):
        attributes = plain[label_of[row]]
        if name in labelled or name in joined:
            attributes = attributes | labelled.get(name, {}) | joined.get(name, {})
        items.append(Item(name, folder.image(name), attributes, crop, partition_of[row]))

    left_out = len(labels.names) - len(items)
    without_crop = 0 if folder.is_large else boxes.count(None)
    notes = (
        *([f"images left out because they are of other categories or partitions: {left_out}"] if left_out else []),
        *([f"boxes ignored because they have no area or a negative corner: {without_crop}"] if without_crop else []),
        *folder.notes,
        *([f"{root} has no pictures: none of {folders_in_words()} is there"] if found is None else []),
    )
    class_names = tuple(name_of[label] for label in wanted)
    return Catalogue(root, items, "deepfashion", class_names, left_out + without_crop, notes, tuple(bad.found))


def _annotations(root: Path) -> Path:
    folders = [root / name for name in _ANNOTATION_FOLDERS]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def _wanted_categories(categories: Collection[int] | None, name_of: dict[int, str]) -> list[int]:
    if categories is None:
        return [number for number in name_of if number in UPPER_BODY_CATEGORIES]
    unknown = sorted(set(categories) - name_of.keys())
    if unknown:
        raise CatalogueError(f"category {unknown[0]} is unknown; list_category_cloth.txt has 1 to {len(name_of)}")
    return sorted(set(categories))


def _known_category(text: str, name_of: dict[int, str]) -> int:
    number = integer(text)
    if number not in name_of:
        raise ValueError(
            f"category {number} is unknown, list_category_cloth.txt has 1 to {len(name_of)}; correct one of the files"
        )
    return number


def _boxes(path: Path, labels: ImageList, kept: Sequence[int]) -> list[Crop | None]:
    listed = read_image_list(path, fields=5)
    rows = rows_in_order_of(listed, labels)
    return crops(listed, 0, map(rows.__getitem__, kept))


def _partitions(path: Path, labels: ImageList) -> list[str]:
    listed = read_image_list(path, fields=2)
    words = parsed(listed, 0, _known_partition)
    return [words[row] for row in rows_in_order_of(listed, labels)]


def _known_partition(text: str) -> str:
    if text not in PARTITIONS:
        raise ValueError(f"partition {text!r:.40} is unknown, there are {_spelled(PARTITIONS)}; correct the row")
    return text


def _spelled(values: Collection[object]) -> str:
    return ", ".join(map(str, values))
