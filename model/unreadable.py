"""The list of the pictures that could not be read, for the person who mends them."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from contracts.items import Item
from storage.durable_files import replace_file

UNREADABLE_REPORT = "unreadable.csv"


def write_unreadable(folder: Path, pictures: Sequence[tuple[Item, str, str]]) -> None:
    """Write the list beside what was made without them; with none, an older list is removed.

    Args:
        pictures: each with a code and a sentence that say why.
    """
    path = folder / UNREADABLE_REPORT
    if not pictures:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "image", "code", "detail"))
    writer.writerows((item.id, item.image, code, detail) for item, code, detail in pictures)
    replace_file(path, text.getvalue().encode())
