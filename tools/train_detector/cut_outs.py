"""Products without their white background, to be pasted onto photos."""

import csv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from contracts.errors import PictureRejected
from contracts.hold_out import is_held_out
from model.training.lookalikes.plain_background import border_colours, object_mask
from pictures.decoding import decode
from tools.train_detector.classes import CLASSES, PASTED_TYPES

_LEAST_SHARE, _MOST_SHARE = 0.1, 0.95
_SEEN = 128


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A product.

    Attributes:
        picture: RGBA, cut to its outline.
        garment: row in `CLASSES`.
    """

    picture: Image.Image
    garment: int


def cut_outs(table: Path, large: Path, *, most: int, generator: np.random.Generator, workers: int) -> list[CutOut]:
    """Cut out products with a large picture on a plain background, as many of each class.

    Args:
        table: CSV of products with `id`, `title` and `articleType`.
        large: folder of pictures, each called `<id>.jpg`.
        most: of each class.
        generator: of the choice.
        workers: threads that decode.
    """
    with table.open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["articleType"] in PASTED_TYPES]
    rows = [row for row in rows if not is_held_out(row["title"]) and (large / f"{row['id']}.jpg").is_file()]
    chosen: list[tuple[Path, int]] = []
    for number, name in enumerate(CLASSES):
        paths = [large / f"{row['id']}.jpg" for row in rows if PASTED_TYPES[row["articleType"]] == name]
        order = generator.permutation(len(paths))[:most]
        chosen += [(paths[row], number) for row in order.tolist()]
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        return [found for found in pool.map(_cut_out, *_columns(chosen)) if found is not None]


def _columns(chosen: Sequence[tuple[Path, int]]) -> tuple[list[Path], list[int]]:
    return [path for path, _ in chosen], [number for _, number in chosen]


def _cut_out(path: Path, garment: int) -> CutOut | None:
    try:
        pixels = decode(path.read_bytes(), box=None, target=_SEEN, as_srgb=True).pixels
    except PictureRejected:
        return None
    shown = torch.from_numpy(np.array(pixels)).permute(2, 0, 1)[None].float() / 255
    mask, plain = object_mask(shown, border_colours(shown))
    if not bool(plain[0]):
        return None
    alpha: NDArray[np.uint8] = (mask[0, 0].numpy() * 255).round().astype(np.uint8)
    rows, columns = np.nonzero(alpha.max(1) > 127)[0], np.nonzero(alpha.max(0) > 127)[0]
    if not (_LEAST_SHARE < (alpha > 127).mean() < _MOST_SHARE):
        return None
    rgba = Image.fromarray(np.dstack((pixels, alpha)))
    return CutOut(rgba.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)), garment)
