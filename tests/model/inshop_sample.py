"""Six pictures in the lists of DeepFashion In-shop, and a way to change a line of them."""

from collections.abc import Callable
from pathlib import Path

from tests.model.inshop_tree import Shot, shot_name

DRESS_FRONT, DRESS_BACK = (shot_name("WOMEN", "Dresses", 2, shot) for shot in ("02_1_front", "02_3_back"))
TEE_FRONT, TEE_SIDE = (shot_name("WOMEN", "Tees_Tanks", 8, shot) for shot in ("01_1_front", "01_2_side"))
DENIM_FRONT, DENIM_FLAT = (shot_name("MEN", "Denim", 80, shot) for shot in ("01_1_front", "01_6_flat"))
SHOTS = [
    Shot(DRESS_FRONT, "id_00000002", "train", 3, 1, (65, 45, 190, 252), "Cream"),
    Shot(DRESS_BACK, "id_00000002", "train", 3, 3, (50, 60, 50, 90), "NA"),
    Shot(TEE_FRONT, "id_00000008", "query", 1, 1, (0, 0, 10, 10)),
    Shot(TEE_SIDE, "id_00000008", "gallery", 1, 2),
    Shot(DENIM_FRONT, "id_00000080", "query", 2, 1),
    Shot(DENIM_FLAT, "id_00000080", "gallery", 2, 6),
]
PARTITIONS = "Eval/list_eval_partition.txt"
BOXES = "Anno/list_bbox_inshop.txt"
COLOURS = "Anno/list_color_cloth.txt"


def change_line(path: Path, line: int, change: Callable[[str], str]) -> None:
    lines = path.read_text().split("\n")
    lines[line - 1] = change(lines[line - 1])
    path.write_text("\n".join(lines))
