"""Four pictures in DeepFashion's lists."""

from collections.abc import Callable

from tests.model.deepfashion_tree import Row, image_name

BLOUSE, JEANS, TEE = 3, 26, 18
A, B, C, D = (image_name(folder, 1) for folder in ("Sheer_Blouse", "Skinny_Jeans", "Graphic_Tee", "V-Neck_Tee"))
ROWS = [
    Row(A, BLOUSE, "train", (72, 79, 232, 273)),
    Row(B, JEANS, "train", (1, 2, 3, 4)),
    Row(C, TEE, "val", (0, 0, 10, 10)),
    Row(D, TEE, "test", (50, 60, 50, 90)),
]
CATEGORY_LIST = "Anno/list_category_img.txt"
BOX_LIST = "Anno/list_bbox.txt"
NAME_LIST = "Anno/list_category_cloth.txt"
PARTITION_LIST = "Eval/list_eval_partition.txt"


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)
