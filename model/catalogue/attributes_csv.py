"""Joins the columns of an `attributes.csv` at a catalogue's root to its items."""

import unicodedata
from collections.abc import Container
from pathlib import Path

from contracts.items import present_attributes
from model.catalogue.located import located
from model.catalogue.table import read_table

ATTRIBUTES_FILE = "attributes.csv"


def read_attributes(root: Path, known_ids: Container[str], *, normalise: bool) -> dict[str, dict[str, str]]:
    """The attributes of each id that `attributes.csv` lists; empty if there is no such file.

    Where an item has a column of the same name already, the value in this file takes precedence.

    Args:
        root: the catalogue's root.
        known_ids: ids that may be listed, including those of items that are filtered out.
        normalise: convert ids to Unicode NFC, as the ids of a folder are.

    Raises:
        CatalogueError: the table cannot be read (see `read_table`), or an id is listed twice or unknown.
    """
    path = root / ATTRIBUTES_FILE
    if not path.exists():
        return {}
    table = read_table(path, ("id",))
    attributes: dict[str, dict[str, str]] = {}
    line_of: dict[str, int] = {}
    for line, fields in table.rows:
        row = dict(zip(table.columns, fields, strict=True))
        item_id = row.pop("id").strip()
        if normalise:
            item_id = unicodedata.normalize("NFC", item_id)
        if item_id in line_of:
            raise located(path, line, f"id {item_id!r:.100} is also on line {line_of[item_id]}; remove one of them")
        if item_id not in known_ids:
            raise located(
                path, line, f"id {item_id!r:.100} is not an item of this catalogue; correct or remove the row"
            )
        line_of[item_id] = line
        attributes[item_id] = present_attributes(row)
    return attributes
