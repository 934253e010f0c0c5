"""A folder of street photos small enough for a unit test."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from model.catalogue.bad_rows import BadRows
from model.catalogue.street_boxes import is_held_out_photo, read_street_boxes
from model.tolerance import Tolerance
from model.training.lookalikes.street import Street
from tests.model.training_catalogue import COLOURS

Row = tuple[str, str, float, float, float, float]
BOX = (0.2, 0.25, 0.6, 0.75)


def write_photo(path: Path, colour: tuple[int, int, int], *, held_out: bool) -> None:
    """A grey photo of 60 x 80 pixels with a garment of one colour in `BOX`, on the wanted side of the hold-out."""
    pixels = np.full((80, 60, 3), 90, np.uint8)
    pixels[20:60, 12:36] = colour
    # The first pixel makes the file another one.
    for number in range(256):
        pixels[0, 0] = number
        Image.fromarray(pixels).save(path)
        if is_held_out_photo(path.read_bytes()) == held_out:
            return


def write_boxes(root: Path, rows: Sequence[Row]) -> None:
    with (root / "boxes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("photo", "class", "x1", "y1", "x2", "y2"))
        writer.writerows(rows)


def street_photos(root: Path) -> Street:
    """Two photos of each colour to train on and one that is held out; garments have the colours' names."""
    root.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for name, colour in COLOURS.items():
        for number in range(3):
            write_photo(root / f"{name}-{number}.png", (colour[0], colour[1], colour[2] + number), held_out=number == 2)
            rows.append((f"{name}-{number}.png", name, *BOX))
    write_boxes(root, rows)
    class_map = {f"street-{name}": frozenset({name}) for name in COLOURS}
    return Street(root, read_street_boxes(root, BadRows(Tolerance())), class_map)
