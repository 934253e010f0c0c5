"""The list files of DeepFashion's In-shop Clothes Retrieval benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.errors import CatalogueError
from contracts.items import MISSING_VALUES
from model.catalogue.deepfashion_inshop_layout import header_columns
from model.catalogue.deepfashion_lists import (
    HEADER_LINES,
    Crop,
    ImageList,
    crops,
    list_lines,
    parsed,
    read_image_list,
    refuse_repeated_names,
    rows_in_order_of,
)
from model.catalogue.located import located

STATUSES = ("train", "query", "gallery")
CLOTHES_TYPES = {"1": "upper-body", "2": "lower-body", "3": "full-body"}
POSE_TYPES = {"1": "frontal", "2": "side", "3": "back", "4": "zoom-out", "5": "zoom-in", "6": "stand-alone"}
_BENCHMARK = "In-shop Clothes Retrieval"
_PARTITION_COLUMNS = ["image_name", "item_id", "evaluation_status"]
_PICTURES = "img/"


@dataclass(frozen=True, slots=True)
class Partitions:
    """`list_eval_partition.txt`, row by row.

    Attributes:
        images: the list; its names begin with `img/`, even if those in the file do not.
        items: id of the item that each image shows.
        statuses: `train`, `query` or `gallery` of each image.
    """

    images: ImageList
    items: list[str]
    statuses: list[str]


@dataclass(frozen=True, slots=True)
class Boxes:
    """`list_bbox_inshop.txt`, in the order of the partitions.

    Attributes:
        crops: the boxes, None for one with no area or a negative corner.
        clothes_types: names, see `CLOTHES_TYPES`.
        pose_types: names, see `POSE_TYPES`.
    """

    crops: list[Crop | None]
    clothes_types: list[str]
    pose_types: list[str]


def read_partitions(path: Path) -> Partitions:
    """Read which item each image shows and which partition it is in.

    Raises:
        CatalogueError: the columns are wrong, the count is wrong, there is no row, a row has a wrong number of fields
            or an unknown status, or an image is listed twice.
    """
    columns = header_columns(path)
    if columns != _PARTITION_COLUMNS:
        raise located(
            path,
            HEADER_LINES,
            f"the columns are '{' '.join(columns):.100}', not '{' '.join(_PARTITION_COLUMNS)}'; copy the file of "
            f"DeepFashion's '{_BENCHMARK}' download (Consumer-to-shop cannot be read)",
        )
    images = _below_pictures(read_image_list(path, fields=3, benchmark=_BENCHMARK))
    if not images.names:
        raise CatalogueError(f"{path} lists no image; copy the file again")
    return Partitions(images, images.columns[0], parsed(images, 1, _known_status))


def read_boxes(path: Path, images: ImageList) -> Boxes:
    """Read the box, the clothes type and the pose type of each image.

    Raises:
        CatalogueError: the count is wrong, a row has a wrong number of fields, an unknown type or a wrong corner, or
            the images are not those of the partitions.
    """
    listed = _below_pictures(read_image_list(path, fields=7, benchmark=_BENCHMARK))
    clothes_types = parsed(listed, 0, lambda text: _named(text, "clothes type", CLOTHES_TYPES))
    pose_types = parsed(listed, 1, lambda text: _named(text, "pose type", POSE_TYPES))
    rows: Sequence[int] = rows_in_order_of(listed, images)
    return Boxes(
        crops(listed, 2, rows),
        [clothes_types[row] for row in rows],
        [pose_types[row] for row in rows],
    )


def read_colours(path: Path, images: ImageList) -> dict[str, str]:
    """Read the colours of images; images without one are left out. Colours may contain spaces.

    Raises:
        CatalogueError: the count is wrong, a row is blank, or an image is listed twice or is not in the partitions.
    """
    names, colours = [], []
    for line, text in enumerate(list_lines(path, benchmark=_BENCHMARK), start=HEADER_LINES + 1):
        name, *rest = text.split(maxsplit=1)[:2] or [""]
        if not name:
            raise located(path, line, "is blank; remove it and lower the count in line 1")
        names.append(name)
        colours.append(rest[0].strip() if rest else "")
    listed = _below_pictures(ImageList(path, names, [colours]))
    refuse_repeated_names(listed)
    known = set(images.names)
    for row, name in enumerate(listed.names):
        if name not in known:
            raise located(path, listed.line(row), f"{name} is not in {images.path}; add it there or remove it here")
    return {name: colour for name, colour in zip(listed.names, colours, strict=True) if colour not in MISSING_VALUES}


def _below_pictures(listed: ImageList) -> ImageList:
    """The list with every name below `img/`, as in most packagings; repeated names are refused again."""
    if all(name.startswith(_PICTURES) for name in listed.names):
        return listed
    names = [name if name.startswith(_PICTURES) else _PICTURES + name for name in listed.names]
    spelled = replace(listed, names=names)
    refuse_repeated_names(spelled)
    return spelled


def _known_status(text: str) -> str:
    if text not in STATUSES:
        raise ValueError(f"evaluation status {text!r:.40} is not one of {', '.join(STATUSES)}; correct the row")
    return text


def _named(text: str, what: str, names: Mapping[str, str]) -> str:
    if text not in names:
        known = ", ".join(f"{number} ({name})" for number, name in names.items())
        raise ValueError(f"{what} {text!r:.40} is not one of {known}; correct the row")
    return names[text]
