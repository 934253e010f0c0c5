"""Draws distorted views of photos with garments."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.train_detector.cut_outs import CutOut
from tools.train_detector.photos import LabelledPhoto

# Of what a network sees beside a photo, as at inference.
GROUND = 127
_LEAST_VISIBLE = 0.4
_LEAST_SIDE_PX = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture with garments in it.

    Attributes:
        pixels: (H, W, 3) uint8.
        boxes: (G, 4) float32, pixels.
        classes: (G,) int64.
        is_exact: (G,) bool, whether the box is measured.
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    is_exact: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ViewShares:
    """How views are drawn; all are shares of the views.

    Attributes:
        phone: show a customer's photo, the others street photos.
        plain: fitted as at inference, but mirrored perhaps.
        halves: two photos, one above the other.
        pasted: have products pasted onto them.
    """

    phone: float = 0.12
    plain: float = 0.25
    halves: float = 0.15
    pasted: float = 0.25


class Views:
    """Draws views.

    Args:
        street: photos with boxes.
        phone: photos of one garment each.
        products: to paste; may be empty.
        shares: how they are mixed.
        generator: of everything random; used by one thread at a time.
    """

    def __init__(
        self,
        street: Sequence[LabelledPhoto],
        phone: Sequence[LabelledPhoto],
        products: Sequence[CutOut],
        shares: ViewShares,
        generator: np.random.Generator,
    ) -> None:
        self._street = street
        self._phone = phone
        self._products = products
        self._shares = shares
        self._draw = generator

    def draw(self, width: int, height: int) -> View:
        """One view.

        Args:
            width, height: of the view, pixels.
        """
        draw, shares = self._draw, self._shares
        canvas = Image.new("RGB", (width, height), (GROUND, GROUND, GROUND))
        found: list[tuple[NDArray[np.float32], int, bool]] = []
        if draw.random() < shares.phone:
            found += self._place(canvas, self._any(self._phone), (0, 0, width, height), draw.random() < shares.plain)
        elif draw.random() < shares.plain:
            found += self._place(canvas, self._any(self._street), (0, 0, width, height), True)
        elif draw.random() < shares.halves:
            middle = int(height * draw.uniform(0.4, 0.6))
            for upper, lower in ((0, middle), (middle, height)):
                found += self._place(canvas, self._any(self._street), (0, upper, width, lower), False)
        else:
            found += self._place(canvas, self._any(self._street), (0, 0, width, height), False)
        if self._products and draw.random() < shares.pasted:
            for _ in range(int(draw.integers(1, 3))):
                found = self._paste(canvas, found)
        boxes = np.array([box for box, _, _ in found], np.float32).reshape(-1, 4)
        classes = np.array([number for _, number, _ in found], np.int64)
        is_exact = np.array([exact for _, _, exact in found], np.bool_)
        return View(np.asarray(canvas), boxes, classes, is_exact)

    def _any(self, photos: Sequence[LabelledPhoto]) -> LabelledPhoto:
        return photos[int(self._draw.integers(len(photos)))]

    def _place(
        self, canvas: Image.Image, photo: LabelledPhoto, region: tuple[int, int, int, int], plain: bool
    ) -> list[tuple[NDArray[np.float32], int, bool]]:
        """Put a photo, or what fits of it, into a region of the canvas; the garments that remain visible there."""
        draw = self._draw
        left, top, right, bottom = region
        width, height = right - left, bottom - top
        rows, columns = photo.pixels.shape[:2]
        fit = min(width / columns, height / rows)
        if plain:
            across = down = fit
            x = y = 0.0
        else:
            zoom = np.exp(draw.uniform(np.log(0.75), np.log(2.2)))
            stretch = np.exp(draw.normal(0.0, 0.08))
            across, down = fit * zoom * stretch, fit * zoom / stretch
            x = draw.uniform(*sorted((0.0, width - columns * across)))
            y = draw.uniform(*sorted((0.0, height - rows * down)))
        # The part of the photo that the region shows, in pixels of the photo.
        shown = (
            max(0.0, -x / across),
            max(0.0, -y / down),
            min(float(columns), (width - x) / across),
            min(float(rows), (height - y) / down),
        )
        size = (
            max(1, min(width, round((shown[2] - shown[0]) * across))),
            max(1, min(height, round((shown[3] - shown[1]) * down))),
        )
        resample = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)[int(draw.integers(2))]
        part = Image.fromarray(photo.pixels).resize(size, resample, box=shown, reducing_gap=2.0)
        mirror = draw.random() < 0.5
        if mirror:
            part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        at = (left + max(0, round(x)), top + max(0, round(y)))
        canvas.paste(part, at)
        boxes = photo.boxes * np.array([columns, rows, columns, rows], np.float32)
        boxes = (boxes - np.array([shown[0], shown[1]] * 2, np.float32)) * np.array([across, down] * 2, np.float32)
        if mirror:
            boxes = np.stack((size[0] - boxes[:, 2], boxes[:, 1], size[0] - boxes[:, 0], boxes[:, 3]), 1)
        found = []
        for box, number in zip(boxes, photo.classes.tolist(), strict=True):
            clipped = box.clip(0, np.array([*size, *size], np.float32))
            area = float(np.prod(clipped[2:] - clipped[:2]))
            if area < _LEAST_VISIBLE * float(np.prod(box[2:] - box[:2])):
                continue
            if float((clipped[2:] - clipped[:2]).min()) >= _LEAST_SIDE_PX:
                found.append(((clipped + np.array([*at, *at])).astype(np.float32), number, photo.is_exact))
        return found

    def _paste(
        self, canvas: Image.Image, found: list[tuple[NDArray[np.float32], int, bool]]
    ) -> list[tuple[NDArray[np.float32], int, bool]]:
        """Paste a product somewhere; garments that it covers for the most part are no longer there."""
        draw, side = self._draw, min(canvas.size)
        product = self._products[int(draw.integers(len(self._products)))]
        picture = product.picture
        longer = np.exp(draw.uniform(np.log(0.12), np.log(0.6))) * side
        scale = longer / max(picture.size)
        size = max(8, round(picture.width * scale)), max(8, round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        if draw.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        x, y = (int(draw.integers(0, max(1, room - length))) for room, length in zip(canvas.size, size, strict=True))
        canvas.paste(picture.convert("RGB"), (x, y), picture.getchannel("A"))
        box = np.array([x, y, min(canvas.width, x + size[0]), min(canvas.height, y + size[1])], np.float32)
        return [*(other for other in found if _covered(other[0], box) < 0.5), (box, product.garment, True)]


def _covered(box: NDArray[np.float32], by: NDArray[np.float32]) -> float:
    """The share of a box that another covers."""
    sides = np.minimum(box[2:], by[2:]) - np.maximum(box[:2], by[:2])
    return float(np.prod(sides.clip(min=0)) / np.prod(box[2:] - box[:2]))
