"""The report of pictures that could not be read, for the person who repairs them."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from contracts.items import Item
from storage.durable_files import replace_file

UNREADABLE_REPORT = "unreadable.csv"


def write_unreadable(folder: Path, pictures: Sequence[tuple[Item, str, str]]) -> None:
    """Write the report; without any such picture, remove an older report.

    Args:
        folder: of the report.
        pictures: item, error code and reason of each.
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
