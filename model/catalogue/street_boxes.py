"""Reads `boxes.csv` beside photos of people: a row for each garment on a photo."""

import hashlib
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.box import Box
from contracts.errors import CatalogueError, PictureRejected
from contracts.items import present_attributes
from model.catalogue.bad_rows import BadRows
from model.catalogue.file_tree import DiskTree
from model.catalogue.picture_finder import PictureFinder
from model.catalogue.table import read_table

BOXES_FILE: Final = "boxes.csv"
_PHOTO, _CLASS = "photo", "class"
_CORNERS: Final = ("x1", "y1", "x2", "y2")
_FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class StreetBox:
    """A garment on a photo.

    Attributes:
        line: of its row in `boxes.csv`, counted from 1.
        photo: path of the photo relative to the folder, POSIX separators, as on disk.
        category: its class, as in the file.
        box: where it is on the photo.
        attributes: the other columns that have a value, such as `label`.
    """

    line: int
    photo: str
    category: str
    box: Box
    attributes: Mapping[str, str]


def read_street_boxes(folder: Path, bad: BadRows) -> list[StreetBox]:
    """Read the garments of a folder of street photos, in the order of the file.

    `boxes.csv` has the columns `photo` (a path relative to the folder), `class`, and `x1`, `y1`, `x2`, `y2`: the box as
    fractions of the photo's width and height after EXIF orientation.

    Args:
        folder: holds `boxes.csv` and the photos.
        bad: takes rows that cannot be read (see `read_table`), that lack a class, whose photo is not there, whose box
            is not four numbers or does not lie on the photo, and that repeat another row's garment.

    Raises:
        CatalogueError: there is no `boxes.csv`, it cannot be read (see `read_table`), or too many of its rows are bad.
    """
    path = folder / BOXES_FILE
    if not path.is_file():
        raise CatalogueError(
            f"{folder} has no {BOXES_FILE}; put one there: a row for each garment, with the columns "
            f"{', '.join((_PHOTO, _CLASS, *_CORNERS))}: the photo's path relative to the folder, what the garment is, "
            "and its box as fractions of the photo's width and height"
        )
    table = read_table(path, (_PHOTO, _CLASS, *_CORNERS), bad)
    pictures = PictureFinder(DiskTree(folder))
    line_of: dict[tuple[str, str, Box], int] = {}
    photo_of: dict[str, str] = {}
    found = []
    for line, fields in table.rows:
        row = dict(zip(table.columns, fields, strict=True))
        given, corners = row.pop(_PHOTO), [row.pop(name) for name in _CORNERS]
        category = present_attributes({_CLASS: row.pop(_CLASS)}).get(_CLASS)
        try:
            if given not in photo_of:
                photo_of[given] = _photo(given, folder, pictures)
        except ValueError as error:
            bad.add(path, line, given, str(error))
            continue
        photo = photo_of[given]
        if category is None:
            bad.add(path, line, given, "has no class in this row; say what the box shows, such as skirt")
            continue
        try:
            box = _box(corners)
        except ValueError as error:
            bad.add(path, line, ",".join(corners), str(error))
            continue
        earlier = line_of.setdefault((photo, category, box), line)
        if earlier != line:
            bad.add(path, line, given, f"has the same class and box as line {earlier}; remove one of them")
            continue
        found.append(StreetBox(line, photo, category, box, present_attributes(row)))
    bad.check(path, len(found))
    return found


def is_held_out_photo(data: bytes) -> bool:
    """Whether a street photo, and so every garment on it, is left out of training: one photo in five.

    Args:
        data: the bytes of the photo's file, so that copies under two names are on the same side.
    """
    return int(hashlib.md5(data, usedforsecurity=False).hexdigest(), 16) % _FOLDS == 0


def _photo(given: str, folder: Path, pictures: PictureFinder) -> str:
    """The spelling on disk of a photo's path.

    Raises:
        ValueError: it is empty, not below the folder or no file; the message goes on after the path.
    """
    if not given.strip():
        raise ValueError("is empty; name the photo's file, relative to the folder")
    path = posixpath.normpath(given.strip())
    if path.startswith("/") or path.split("/", 1)[0] in {".", ".."}:
        raise ValueError(f"is not a path below {folder}; write the photo's path relative to that folder")
    found = pictures.find(path)
    try:
        there = (folder / found).is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise ValueError(f"is no photo in {folder}; copy it there, or correct the row")
    return found


def _box(corners: list[str]) -> Box:
    """The box of four cells.

    Raises:
        ValueError: they are not four numbers, or no box on a photo; the message goes on after the cells.
    """
    try:
        x1, y1, x2, y2 = map(float, corners)
    except ValueError:
        raise ValueError(
            "are not four numbers; write x1, y1, x2 and y2 as fractions of the photo, such as 0.25"
        ) from None
    try:
        return Box(x1, y1, x2, y2)
    except PictureRejected:
        raise ValueError(
            "is no box on the photo; write fractions of its width and height, 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1"
        ) from None
