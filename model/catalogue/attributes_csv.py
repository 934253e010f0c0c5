"""Joins the columns of an `attributes.csv` at a catalogue's root to its items."""

from collections.abc import Iterable
from pathlib import Path

from contracts.items import present_attributes
from contracts.text_form import one_form
from model.catalogue.bad_rows import BadRows
from model.catalogue.table import read_table

ATTRIBUTES_FILE = "attributes.csv"


def read_attributes(root: Path, known_ids: Iterable[str], bad: BadRows) -> dict[str, dict[str, str]]:
    """The attributes of each id that `attributes.csv` lists; empty if there is no such file.

    Where an item has a column of the same name already, the value in this file takes precedence. Ids are compared in
    one form (see `contracts.text_form`).

    Args:
        root: the catalogue's root.
        known_ids: ids that may be listed, including those of items that are filtered out.
        bad: takes rows that cannot be read, and those whose id is listed twice or unknown.

    Raises:
        CatalogueError: the table cannot be read (see `read_table`), or too many of its rows are bad.
    """
    path = root / ATTRIBUTES_FILE
    if not path.exists():
        return {}
    earlier = bad.failed
    table = read_table(path, ("id",), bad)
    id_at = table.columns.index("id")
    id_of_form = {one_form(item_id): item_id for item_id in known_ids}
    attributes: dict[str, dict[str, str]] = {}
    line_of: dict[str, int] = {}
    for line, fields in table.rows:
        form = one_form(fields[id_at])
        item_id = id_of_form.get(form)
        if item_id is None:
            bad.add(path, line, form, "is the id of no item of this catalogue; correct or remove the row")
        elif form in line_of:
            bad.add(path, line, form, f"is the id of line {line_of[form]} too; remove one of them")
        else:
            line_of[form] = line
            row = dict(zip(table.columns, fields, strict=True))
            del row["id"]
            attributes[item_id] = present_attributes(row)
    bad.check(path, len(attributes), earlier=earlier, may_be_none=True)
    return attributes
