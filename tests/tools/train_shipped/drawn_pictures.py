"""Draws the pictures of a training that is over in seconds: a shop's, customers' and those of a street."""

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tools.train_shipped.packing import PackReport, pack

RED, BLUE, GREEN = (220, 40, 40), (40, 60, 220), (0, 255, 0)
TYPES = {"Shirts": RED, "Skirts": BLUE}
CLASS_MAP = {"shirt": ["Shirts"], "skirt": ["Skirts"], "street-shirt": ["Shirts"], "street-skirt": ["Skirts"]}
BOX = (0.25, 0.3, 0.55, 0.8)
PRODUCTS = 24


@dataclass(frozen=True)
class Sources:
    """Where the pictures are."""

    root: Path

    @property
    def products(self) -> Path:
        return self.root / "shop" / "items.csv"

    @property
    def large_products(self) -> Path:
        return self.root / "large"

    @property
    def photos(self) -> list[Path]:
        return [self.root / "phone", self.root / "more"]

    @property
    def street(self) -> Path:
        return self.root / "street"

    @property
    def class_map(self) -> Path:
        return self.root / "class-map.json"

    def pack(self, out: Path) -> PackReport:
        from contracts.progress import silent

        return pack(
            out,
            products=self.products,
            large_products=self.large_products,
            photos=self.photos,
            street=self.street,
            class_map=self.class_map,
            workers=1,
            progress=silent,
        )


def draw_sources(root: Path) -> Sources:
    sources = Sources(root)
    _draw_products(sources)
    for number, (name, colour) in enumerate((("shirt", RED), ("skirt", BLUE))):
        for part, count in (("train", 3), ("validation", 1)):
            for photo in range(count):
                _draw_photo(root / "phone" / part / name / f"{photo}.jpg", colour, 10 * number + photo)
        for photo in range(8):
            _draw_photo(root / "more" / name / f"{name}-{photo}.jpg", colour, 100 + 10 * number + photo)
    _draw_street(sources.street)
    sources.class_map.write_text(json.dumps(CLASS_MAP))
    return sources


def is_held_out(content: bytes) -> bool:
    return int(hashlib.md5(content, usedforsecurity=False).hexdigest(), 16) % 5 == 0


def _noise(width: int, height: int, seed: int, *, low: int = 90, high: int = 160) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, (height, width, 3)).astype(np.uint8)


def _save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def _draw_products(sources: Sources) -> None:
    rows = []
    for number in range(PRODUCTS):
        kind = list(TYPES)[number % 2]
        white = np.full((80, 60, 3), 255, np.uint8)
        # At a place of its own, for products with the same picture are on one side of the split.
        top = 10 + 2 * (number // 2)
        white[top : top + 40, 15:45] = TYPES[kind]
        _save(sources.products.parent / "images" / f"{number}.png", white)
        if number % 3 == 0:
            _save(sources.large_products / f"{number}.png", white.repeat(4, 0).repeat(4, 1))
        title = f"{kind} {number // 2}"
        rows.append((number, title, kind, "Red" if kind == "Shirts" else "Blue", ("Men", "Women")[number // 2 % 2]))
    with sources.products.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "title", "articleType", "baseColour", "gender", "image"))
        writer.writerows((*row, f"images/{row[0]}.png") for row in rows)


def _draw_photo(path: Path, colour: tuple[int, int, int], seed: int) -> None:
    pixels = _noise(90, 120, seed)
    pixels[20:100, 15:75] = colour
    _save(path, pixels)


def _draw_street(folder: Path) -> None:
    """A photo of each class to train on and a held-out one, by their bytes; and one without a garment."""
    missing = {(held_out, kind) for held_out in (False, True) for kind in ("shirt", "skirt")}
    rows = []
    for seed in range(1000):
        if not missing:
            break
        kind, colour = (("shirt", RED), ("skirt", BLUE))[seed % 2]
        pixels = _noise(200, 300, seed)
        x1, y1, x2, y2 = (round(part * side) for part, side in zip(BOX, (200, 300, 200, 300), strict=True))
        pixels[y1:y2, x1:x2] = colour
        path = folder / "photos" / f"{seed}.png"
        _save(path, pixels)
        found = (is_held_out(path.read_bytes()), kind)
        if found in missing:
            missing.remove(found)
            rows.append((f"photos/{seed}.png", kind, *BOX))
        else:
            path.unlink()
    _save(folder / "photos" / "nobody.png", _noise(200, 200, 5))
    with (folder / "boxes.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("photo", "class", "x1", "y1", "x2", "y2"))
        writer.writerows(rows)
