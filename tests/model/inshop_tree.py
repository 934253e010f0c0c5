"""Writes a DeepFashion In-shop Clothes Retrieval root in the exact on-disk layout."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.model.deepfashion_tree import Box, write_list

PARTITION_HEADER = "image_name item_id evaluation_status"
BOX_HEADER = "image_name  clothes_type  pose_type  x_1  y_1  x_2  y_2"


@dataclass(frozen=True)
class Shot:
    """One picture of an item."""

    image: str
    item: str
    status: str
    clothes: int = 3
    pose: int = 1
    box: Box = (65, 45, 190, 252)
    colour: str = "Heather grey"


@dataclass
class InshopTree:
    """What the lists hold; `write` puts them below a root."""

    shots: Sequence[Shot]
    pictures: str = "img"
    boxes: str | None = "Anno/list_bbox_inshop.txt"
    colours: str | None = None
    in_lists: str = "img/"

    def write(self, root: Path) -> Path:
        (root / "Eval").mkdir(parents=True)
        names = [self.in_lists + shot.image.removeprefix("img/") for shot in self.shots]
        width = max(map(len, names), default=0)
        write_list(
            root / "Eval" / "list_eval_partition.txt",
            PARTITION_HEADER,
            [f"{name:<{width}} {shot.item} {shot.status:<8}" for name, shot in zip(names, self.shots, strict=True)],
        )
        if self.boxes:
            (root / self.boxes).parent.mkdir(exist_ok=True)
            write_list(
                root / self.boxes,
                BOX_HEADER,
                [
                    f"{name:<{width}}  {shot.clothes}  {shot.pose}  " + "  ".join(f"{at:03d}" for at in shot.box)
                    for name, shot in zip(names, self.shots, strict=True)
                ],
            )
        if self.colours:
            (root / self.colours).parent.mkdir(parents=True, exist_ok=True)
            write_list(
                root / self.colours,
                "image_name  color",
                [f"{name:<{width}}  {shot.colour}" for name, shot in zip(names, self.shots, strict=True)],
            )
        for gender in {shot.image.split("/")[1] for shot in self.shots}:
            (root / self.pictures / gender).mkdir(parents=True, exist_ok=True)
        return root

    def draw(self, root: Path) -> None:
        """A JPEG of 256x256 for each shot: the item's own pattern on white."""
        for number, shot in enumerate(self.shots):
            path = root / self.pictures / shot.image.removeprefix("img/")
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.full((256, 256, 3), 255, np.uint8)
            x1, y1, x2, y2 = shot.box
            generator = np.random.default_rng([int(shot.item.removeprefix("id_")), number])
            pixels[y1:y2, x1:x2] = generator.integers(0, 255, (y2 - y1, x2 - x1, 3))
            Image.fromarray(pixels).save(path)


def shot_name(gender: str, category: str, item: int, shot: str) -> str:
    return f"img/{gender}/{category}/id_{item:08d}/{shot}.jpg"
