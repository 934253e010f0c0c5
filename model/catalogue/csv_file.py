"""Reads a CSV catalogue: a row for each item, with `id` and `image`; every other column is an attribute."""

import posixpath
from pathlib import Path

from contracts.items import Item, present_attributes
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.catalogue.ids import check_ids
from model.catalogue.located import located
from model.catalogue.table import read_table

_ID, _IMAGE = "id", "image"


def read_csv(path: Path) -> Catalogue:
    """Read a CSV catalogue. `image` is a path relative to the file's folder, or an absolute path below it.

    Args:
        path: UTF-8, with or without a byte order mark; fields separated by comma, semicolon or tab.

    Raises:
        CatalogueError: the table cannot be read (see `read_table`), an id or image is empty, an id is
            used twice or cannot be addressed, or an image is outside the file's folder.
    """
    folder = path.absolute().parent
    root = folder.resolve()
    table = read_table(path, (_ID, _IMAGE))
    line_of: dict[str, int] = {}
    items = []
    for line, fields in table.rows:
        row = dict(zip(table.columns, fields, strict=True))
        item_id, image = row.pop(_ID).strip(), row.pop(_IMAGE).strip()
        if not item_id:
            raise located(path, line, "the id is empty; give every item an id")
        if item_id in line_of:
            raise located(
                path, line, f"id {item_id!r:.100} is also on line {line_of[item_id]}; give every item an id of its own"
            )
        line_of[item_id] = line
        try:
            below = _below(image, (root, folder))
        except ValueError as error:
            raise located(path, line, f"image {image!r:.200} {error}") from None
        items.append(Item(item_id, below, present_attributes(row)))
    check_ids(line_of.keys(), line_of.values(), path)
    categories = {item.attributes[CATEGORY_ATTRIBUTE] for item in items if CATEGORY_ATTRIBUTE in item.attributes}
    return Catalogue(root, items, "csv", tuple(sorted(categories)))


def _below(image: str, roots: tuple[Path, ...]) -> str:
    if not image:
        raise ValueError("is empty; name the picture's file, relative to the CSV file's folder")
    if "://" in image:
        raise ValueError("is an address; download the pictures below the CSV file's folder and name their paths")
    if "\\" in image:
        raise ValueError("holds '\\'; write paths with '/'")
    path = posixpath.normpath(image)
    if path.startswith("/"):
        for root in roots:
            prefix = root.as_posix().rstrip("/") + "/"
            if path.startswith(prefix):
                return path[len(prefix) :]
    elif path != "." and path.split("/", 1)[0] != "..":
        return path
    raise ValueError(f"is not below {roots[0]}; move the picture there, or the CSV file above both")
