"""The plan of a catalogue: which picture shows which design, under which name."""

from dataclasses import dataclass

import numpy as np

from tools.draw_catalogue.design import Colourway, Design
from tools.draw_catalogue.fabric import CLOTHS
from tools.draw_catalogue.ranges import CATEGORIES
from tools.draw_catalogue.styles import draw_design, style_name, title

_PARTITIONS = ("train", "train", "train", "train", "val", "test")


@dataclass(frozen=True, slots=True)
class PlannedPicture:
    """One picture to draw.

    Attributes:
        path: below the catalogue's root, such as `img/Striped_Cotton_Tee/img_00000001.webp`; also the item's id.
        design, colourway: what it shows.
        label: DeepFashion's category number, 1 to 20.
        partition: `train`, `val` or `test`; a style's pictures share it.
        form_seed: of the style; `photo_seed` of this picture.
    """

    path: str
    design: Design
    colourway: Colourway
    label: int
    partition: str
    form_seed: tuple[int, ...]
    photo_seed: tuple[int, ...]

    def attributes(self) -> dict[str, str]:
        """The item's attributes, without its id, in the order of their columns."""
        design = self.design
        return {
            "title": title(design, self.colourway),
            "category": design.category,
            "style": self.path.split("/")[1],
            "gender": design.gender,
            "colour": self.colourway.main,
            "accent_colour": "" if _is_plain(design) else self.colourway.second,
            "pattern": design.pattern,
            "material": CLOTHS[design.fabric].title,
            "sleeve": design.sleeve,
            "neckline": design.neckline,
            "closure": design.closure,
            "fit": design.fit,
            "length": design.length,
            "price": f"{design.price:.2f}",
        }


def plan_pictures(pictures: int, seed: int) -> list[PlannedPicture]:
    """Spread pictures over the categories, a few per style: other colours, and other photos of the same item.

    Args:
        pictures: how many in all; the first `pictures % 20` categories get one more.
        seed: of the catalogue.

    Returns:
        `pictures` entries sorted by path, paths unique.
    """
    planned: list[PlannedPicture] = []
    names: dict[str, int] = {}
    for place, category in enumerate(CATEGORIES):
        wanted = pictures // len(CATEGORIES) + (place < pictures % len(CATEGORIES))
        variant = 0
        while wanted > 0:
            number = place * 100_000 + variant
            rng = np.random.default_rng((seed, number))
            design = draw_design(rng, category, number, variant)
            count = min(wanted, int(rng.integers(2, 5)))
            name = _unique(style_name(design), names)
            twin = int(rng.integers(1, 3))
            for picture in range(count):
                # The first two pictures show one item twice in most styles; the others its further colours.
                colourway = design.colourways[max(0, picture - twin + 1) % len(design.colourways)]
                planned.append(
                    PlannedPicture(
                        path=f"img/{name}/img_{picture + 1:08d}.webp",
                        design=design,
                        colourway=colourway,
                        label=place + 1,
                        partition=_PARTITIONS[variant % len(_PARTITIONS)],
                        form_seed=(seed, number, 1),
                        photo_seed=(seed, number, 2, picture),
                    )
                )
            wanted -= count
            variant += 1
    return sorted(planned, key=lambda entry: entry.path)


def _unique(name: str, taken: dict[str, int]) -> str:
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}_{taken[name]}"


def _is_plain(design: Design) -> bool:
    coloured_cuts = {"Ringer", "Raglan", "Contrast", "Varsity", "Yoke", "Football", "Basketball", "Hooped", "Sash"}
    return design.pattern in {"Solid", "Heather"} and design.cut not in coloured_cuts
