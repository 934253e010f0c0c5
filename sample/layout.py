"""DeepFashion's lists and the attributes beside them."""

import csv
from collections.abc import Sequence
from pathlib import Path

from sample.plan import PlannedPicture
from sample.ranges import CATEGORIES

_UPPER_BODY = 1
Boxes = dict[str, tuple[int, int, int, int]]


def write_lists(root: Path, planned: Sequence[PlannedPicture], boxes: Boxes) -> None:
    """Write `Anno/`, `Eval/` and `attributes.csv`.

    Args:
        root: of the catalogue; exists.
        planned: the pictures, in the catalogue's order.
        boxes: of every picture's path, (x1, y1, x2, y2) in pixels.
    """
    (root / "Anno").mkdir()
    (root / "Eval").mkdir()
    categories = [f"{name} {_UPPER_BODY}" for name in CATEGORIES]
    _write(root / "Anno" / "list_category_cloth.txt", "category_name category_type", categories)
    labels = [f"{entry.path} {entry.label}" for entry in planned]
    _write(root / "Anno" / "list_category_img.txt", "image_name category_label", labels)
    corners = [f"{entry.path} {' '.join(str(c) for c in boxes[entry.path])}" for entry in planned]
    _write(root / "Anno" / "list_bbox.txt", "image_name x_1 y_1 x_2 y_2", corners)
    partitions = [f"{entry.path} {entry.partition}" for entry in planned]
    _write(root / "Eval" / "list_eval_partition.txt", "image_name evaluation_status", partitions)
    with (root / "attributes.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [{"id": entry.path, **entry.attributes()} for entry in planned]
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write(path: Path, header: str, rows: Sequence[str]) -> None:
    path.write_text("\n".join([str(len(rows)), header, *rows]) + "\n", encoding="utf-8")
