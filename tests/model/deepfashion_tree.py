"""Writes the list files of a DeepFashion root in the exact on-disk layout, without pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Box = tuple[int, int, int, int]

# Numbers follow the order of the list: 1 to 20 are upper body, 21 to 36 lower, 37 to 50 full.
CATEGORIES = [
    *["Anorak", "Blazer", "Blouse", "Bomber", "Button-Down", "Cardigan", "Flannel", "Halter", "Henley", "Hoodie"],
    *["Jacket", "Jersey", "Parka", "Peacoat", "Poncho", "Sweater", "Tank", "Tee", "Top", "Turtleneck"],
    *["Capris", "Chinos", "Culottes", "Cutoffs", "Gauchos", "Jeans", "Jeggings", "Jodhpurs", "Joggers", "Leggings"],
    *["Sarong", "Shorts", "Skirt", "Sweatpants", "Sweatshorts", "Trunks", "Caftan", "Cape", "Coat", "Coverup"],
    *["Dress", "Jumpsuit", "Kaftan", "Kimono", "Nightdress", "Onesie", "Robe", "Romper", "Shirtdress", "Sundress"],
]


@dataclass(frozen=True)
class Row:
    image: str
    category: int = 3
    partition: str = "train"
    box: Box = (72, 79, 232, 273)


@dataclass
class DeepFashionTree:
    """What the lists hold; `write` puts them below a root."""

    rows: Sequence[Row]
    categories: Sequence[str] = field(default_factory=lambda: CATEGORIES)
    annotations: str = "Anno"

    def write(self, root: Path) -> Path:
        anno = root / self.annotations
        anno.mkdir(parents=True)
        (root / "Eval").mkdir()
        kinds = [1 if number <= 20 else 2 if number <= 36 else 3 for number in range(1, len(self.categories) + 1)]
        write_list(
            anno / "list_category_cloth.txt",
            "category_name  category_type",
            [f"{name:<15}{kind}" for name, kind in zip(self.categories, kinds, strict=True)],
        )
        write_list(
            anno / "list_category_img.txt",
            "image_name  category_label",
            [f"{row.image:<70} {row.category:<2}" for row in self.rows],
        )
        write_list(
            anno / "list_bbox.txt",
            "image_name  x_1  y_1  x_2  y_2",
            [f"{row.image:<70} " + " ".join(f"{corner:03d}" for corner in row.box) for row in self.rows],
        )
        write_list(
            root / "Eval" / "list_eval_partition.txt",
            "image_name  evaluation_status",
            [f"{row.image:<70} {row.partition}" for row in self.rows],
        )
        return root


def write_attributes(anno: Path, attributes: Sequence[tuple[str, int]], values: Mapping[str, Sequence[int]]) -> None:
    """`list_attr_cloth.txt` and `list_attr_img.txt`."""
    write_list(
        anno / "list_attr_cloth.txt",
        "attribute_name  attribute_type",
        [f"{name:<30}{number}" for name, number in attributes],
    )
    write_list(
        anno / "list_attr_img.txt",
        "image_name  attribute_labels",
        [f"{image:<70} " + " ".join(f"{value:>2}" for value in row) for image, row in values.items()],
    )


def write_list(path: Path, header: str, rows: Sequence[str]) -> None:
    path.write_text("\n".join([str(len(rows)), header, *rows]) + "\n")


def image_name(folder: str, number: int) -> str:
    return f"img/{folder}/img_{number:08d}.jpg"
