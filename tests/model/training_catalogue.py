"""A small catalogue that can be learned: each class has a colour of its own, each picture its own noise."""

from pathlib import Path

import numpy as np
from PIL import Image

from contracts.items import Item
from model.catalogue.catalogue import Catalogue

COLOURS = {"Blouse": (220, 60, 60), "Jacket": (60, 60, 220), "Tee": (60, 200, 60)}


def write_picture(path: Path, colour: tuple[int, int, int], seed: int) -> None:
    """A 40x50 picture: the colour with noise on it."""
    noise = np.random.default_rng(seed).integers(-40, 40, (50, 40, 3))
    Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8)).save(path)


def colour_catalogue(root: Path, each: int = 10) -> Catalogue:
    """`each` pictures a class, of which every fifth is for testing."""
    root.mkdir(parents=True, exist_ok=True)
    items = []
    for position, (name, colour) in enumerate(COLOURS.items()):
        for number in range(each):
            image = f"{name}-{number}.png"
            write_picture(root / image, colour, position * 1000 + number)
            items.append(Item(image, image, {"category": name}, partition="test" if number % 5 == 0 else "train"))
    return Catalogue(root, items, "csv", tuple(COLOURS))
