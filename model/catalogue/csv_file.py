"""Reads a CSV catalogue: a row for each item, with `id` and `image`; every other column is an attribute."""

import posixpath
from collections.abc import Sequence
from pathlib import Path

from contracts.errors import CatalogueError
from contracts.items import Item, present_attributes
from contracts.plain_ids import check_id
from contracts.text_form import one_form
from model.catalogue.bad_rows import BadRows
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.catalogue.catalogue_root import CatalogueRoot
from model.catalogue.picture_finder import PictureFinder
from model.catalogue.table import read_table
from model.tolerance import DEFAULT_TOLERANCE, Tolerance

_ID, _IMAGE = "id", "image"


def read_csv(path: Path, *, tolerance: Tolerance = DEFAULT_TOLERANCE, place: CatalogueRoot | None = None) -> Catalogue:
    """Read a CSV catalogue.

    `image` is a path relative to the file's folder, or an absolute path below it; `/images/a.jpg` is one from the
    file's folder too, where it names something there. A name that differs from the file's in case or Unicode form only
    means that file, if it is the only one. Ids are in one form (see `contracts.text_form`).

    Args:
        path: UTF-8, with or without a byte order mark; fields separated by comma, semicolon or tab.
        tolerance: how many rows may be bad: unreadable (see `read_table`), with an empty id or image, with an id that
            is used twice or cannot be addressed, or an image outside the file's folder.
        place: where the pictures are; None: in the file's folder.

    Raises:
        CatalogueError: the table cannot be read (see `read_table`), or too many rows are bad.
    """
    root = CatalogueRoot.of_file(path) if place is None else place
    bad = BadRows(tolerance)
    table = read_table(path, (_ID, _IMAGE), bad)
    id_at, image_at = table.columns.index(_ID), table.columns.index(_IMAGE)
    pictures = PictureFinder(root.tree)
    line_of: dict[str, int] = {}
    items = []
    for line, fields in table.rows:
        item_id, image = one_form(fields[id_at]), fields[image_at].strip()
        problem = _id_problem(item_id, line_of)
        if problem is not None:
            bad.add(path, line, item_id, problem)
            continue
        try:
            found = pictures.find(path_below(image, root.prefixes, pictures))
        except ValueError as error:
            bad.add(path, line, image, f"is the image of item {item_id!r:.100} and {error}")
            continue
        line_of[item_id] = line
        row = dict(zip(table.columns, fields, strict=True))
        del row[_ID], row[_IMAGE]
        items.append(Item(item_id, found, present_attributes(row)))
    bad.check(path, len(items))
    categories = {item.attributes[CATEGORY_ATTRIBUTE] for item in items if CATEGORY_ATTRIBUTE in item.attributes}
    return Catalogue(root.root, items, "csv", tuple(sorted(categories)), bad_rows=tuple(bad.found))


def _id_problem(item_id: str, line_of: dict[str, int]) -> str | None:
    if not item_id:
        return "the id is empty; give every item an id"
    if item_id in line_of:
        return f"is the id of line {line_of[item_id]} too; give every item an id of its own"
    try:
        check_id(item_id)
    except CatalogueError as error:
        return str(error)
    return None


def path_below(image: str, prefixes: Sequence[str], pictures: PictureFinder) -> str:
    """The path of a picture relative to the folder of the file that names it.

    Args:
        image: as the file names it.
        prefixes: that folder, resolved, and as it was given; or the URL of where it is.
        pictures: what is there.

    Raises:
        ValueError: it is no path below that folder; the message goes on after the path.
    """
    if not image:
        raise ValueError("is empty; name the picture's file, relative to the CSV file's folder")
    for prefix in prefixes:
        if "://" in prefix and image.startswith(f"{prefix}/"):
            # The store's own URL, which needs no more than what is below it.
            image = image.removeprefix(f"{prefix}/").lstrip("/")
    if "://" in image:
        raise ValueError("is an address; download the pictures below the CSV file's folder and name their paths")
    if "\\" in image:
        raise ValueError("holds '\\'; write paths with '/'")
    path = posixpath.normpath(image)
    if path.startswith("/"):
        for prefix in prefixes:
            folder = prefix.rstrip("/") + "/"
            if path.startswith(folder):
                return path[len(folder) :]
        # As on the shop's web site, where the folder is the root.
        from_folder = path.lstrip("/")
        if from_folder and pictures.exists(pictures.find(from_folder)):
            return from_folder
        raise ValueError(f"is not below {prefixes[0]}, and no file there has this path; move the picture there")
    if path != "." and path.split("/", 1)[0] != "..":
        return path
    raise ValueError(f"is not below {prefixes[0]}; move the picture there, or the CSV file above both")
