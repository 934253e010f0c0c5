"""DeepFashion's lists and the attributes beside them."""

import csv
import io
from collections.abc import Mapping, Sequence

from tools.draw_catalogue.plan import PlannedPicture
from tools.draw_catalogue.ranges import CATEGORIES

_UPPER_BODY = 1


def render_lists(planned: Sequence[PlannedPicture], boxes: Mapping[str, tuple[int, int, int, int]]) -> dict[str, bytes]:
    """The files of `Anno/` and `Eval/`, and `attributes.csv`, by their path below the catalogue's root.

    Args:
        planned: the pictures, in the catalogue's order.
        boxes: of every picture's path, (x1, y1, x2, y2) in pixels.
    """
    categories = [f"{name} {_UPPER_BODY}" for name in CATEGORIES]
    labels = [f"{entry.path} {entry.label}" for entry in planned]
    corners = [f"{entry.path} {' '.join(str(c) for c in boxes[entry.path])}" for entry in planned]
    partitions = [f"{entry.path} {entry.partition}" for entry in planned]
    return {
        "Anno/list_category_cloth.txt": _rendered("category_name category_type", categories),
        "Anno/list_category_img.txt": _rendered("image_name category_label", labels),
        "Anno/list_bbox.txt": _rendered("image_name x_1 y_1 x_2 y_2", corners),
        "Eval/list_eval_partition.txt": _rendered("image_name evaluation_status", partitions),
        "attributes.csv": _attributes(planned),
    }


def _rendered(header: str, rows: Sequence[str]) -> bytes:
    return ("\n".join([str(len(rows)), header, *rows]) + "\n").encode()


def _attributes(planned: Sequence[PlannedPicture]) -> bytes:
    rows = [{"id": entry.path, **entry.attributes()} for entry in planned]
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()
