"""Street photos: a folder with photos of people, and `boxes.csv` with the garments on them."""

import hashlib
import math
from pathlib import Path

from contracts.errors import CatalogueError
from model.catalogue.bad_rows import BadRows
from model.catalogue.folder import read_folder
from model.catalogue.located import located
from model.catalogue.table import read_table
from model.tolerance import Tolerance
from tools.train_shipped.encoding import SourcePicture
from tools.train_shipped.records import Garment, PictureRecord

BOXES = "boxes.csv"
_COLUMNS = ("photo", "class", "x1", "y1", "x2", "y2")
_FOLDS = 5


def street_sources(folder: Path) -> list[SourcePicture]:
    """Find the street photos and their boxes, and hold out a fifth of the photos by the bytes of their files.

    Photos without boxes are used as backgrounds.

    Raises:
        CatalogueError: there is no `boxes.csv`, it lacks a column, or a box or a photo in it is wrong.
    """
    path = folder / BOXES
    if not path.is_file():
        raise CatalogueError(
            f"{folder} has no {BOXES}; --street needs a folder with {BOXES}, whose columns are {', '.join(_COLUMNS)}: "
            "a row for each garment, the photo's path relative to the folder, and the box as fractions of its sides"
        )
    catalogue = read_folder(folder)
    images = {item.image for item in catalogue.items}
    garments: dict[str, list[Garment]] = {image: [] for image in images}
    # A wrong box would teach a wrong garment, so nothing is skipped.
    table = read_table(path, _COLUMNS, BadRows(Tolerance(strict=True)))
    for line, fields in table.rows:
        row = dict(zip(table.columns, fields, strict=True))
        if row["photo"] not in images:
            raise located(path, line, f"there is no picture {row['photo']!r:.200} in {folder}; copy it there")
        garments[row["photo"]].append(_garment(path, line, row))
    return [_source(catalogue.folder, image, tuple(garments[image])) for image in sorted(images)]


def _garment(path: Path, line: int, row: dict[str, str]) -> Garment:
    if not row["class"]:
        raise located(path, line, "the class is empty; say what the box shows, such as skirt")
    try:
        x1, y1, x2, y2 = (float(row[name]) for name in ("x1", "y1", "x2", "y2"))
    except ValueError as error:
        raise located(path, line, f"the box is not four numbers ({error}); write fractions such as 0.25") from None
    if not all(map(math.isfinite, (x1, y1, x2, y2))) or not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1):
        raise located(
            path,
            line,
            f"the box {x1:g}, {y1:g}, {x2:g}, {y2:g} does not lie in the photo; write fractions of its width and "
            "height, 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1",
        )
    return Garment(row["class"], (x1, y1, x2, y2))


def _source(root: Path, image: str, garments: tuple[Garment, ...]) -> SourcePicture:
    path = root / image
    try:
        digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    except OSError as error:
        raise CatalogueError(f"the photo {path} cannot be read: {error.strerror}; check its permissions") from error
    return SourcePicture(path, PictureRecord(image, {}, int(digest, 16) % _FOLDS == 0, garments))
