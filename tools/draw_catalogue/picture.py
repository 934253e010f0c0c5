"""One product picture: a design in a colourway, laid, lit and photographed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.draw_catalogue.canvas import Canvas, Dye
from tools.draw_catalogue.design import Colourway, Design, Order
from tools.draw_catalogue.fabric import CLOTHS
from tools.draw_catalogue.garments import CUTTERS
from tools.draw_catalogue.noise import smooth_noise
from tools.draw_catalogue.palette import luma, mixed
from tools.draw_catalogue.patterns import PATTERNS, pattern_tile
from tools.draw_catalogue.pieces import Colour, Material, Panel, Piece
from tools.draw_catalogue.shading import soft_shadow
from tools.draw_catalogue.tailoring import Laying
from tools.draw_catalogue.view import View

WIDTH, HEIGHT = 300, 400
_FLEECE: Colour = (226, 213, 188)
_ROOM = (0.90, 0.88)


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture.

    Attributes:
        pixels: (HEIGHT, WIDTH, 3) uint8 RGB.
        box: (x1, y1, x2, y2) of the garment, pixels.
    """

    pixels: NDArray[np.uint8]
    box: tuple[int, int, int, int]


def draw_picture(
    design: Design, colourway: Colourway, form_seed: tuple[int, ...], photo_seed: tuple[int, ...]
) -> Picture:
    """Draw a garment as it would lie in a shop's product photo.

    Args:
        design: the style.
        colourway: its colours here.
        form_seed: fixes the cut and the pattern; the same for all pictures of the style.
        photo_seed: fixes folds, pose and light of this picture.

    Returns:
        A WIDTH x HEIGHT picture and the garment's box.
    """
    form, photo = np.random.default_rng(form_seed), np.random.default_rng(photo_seed)
    dyes = _dyes(design, colourway, form)
    softness = CLOTHS[design.fabric].folds * photo.uniform(0.85, 1.15)
    spread = (float(photo.normal(0.14, 0.025)), float(photo.normal(0.14, 0.025)))
    pieces = CUTTERS[design.category](Order(design, colourway, form, Laying(photo, softness, spread)))
    canvas = Canvas(_view(pieces, photo), dyes, photo)
    for piece in pieces:
        canvas.add(piece)
    garment, cover = canvas.develop()
    return Picture(_photograph(garment, cover, photo), _box(cover))


def _dyes(design: Design, colourway: Colourway, form: np.random.Generator) -> dict[Material, Dye]:
    main, second, third = colourway.colours
    cloth, trim = CLOTHS[design.fabric], CLOTHS[design.trim]
    pattern = design.pattern if design.pattern in PATTERNS else "Solid"
    heathered = pattern == "Heather"
    yoke = design.cut == "Yoke"
    tile = pattern_tile(form, pattern, (main, second, third))
    plain = pattern_tile(form, "Heather" if heathered else "Solid", (main, second, third))
    if pattern == "Houndstooth":
        tile = main + 0.62 * (tile - np.array(main, np.float32))
    contrast = pattern_tile(form, "Fair Isle" if yoke else "Solid", (second, main if not yoke else third, third))
    sleeves = CLOTHS["leather"] if design.cut == "Varsity" else cloth
    if design.trim == "sherpa":
        sleeves, contrast = trim, np.array([[_FLEECE]], np.float32)
    bands = _band_colour(design, colourway)
    return {
        Material.MAIN: Dye(cloth, plain if yoke else tile),
        Material.CONTRAST: Dye(sleeves, contrast),
        Material.RIB: Dye(trim, plain if bands is None else np.array([[bands]], np.float32)),
        Material.LINING: Dye(CLOTHS["fleece" if design.category == "Hoodie" else "satin"], _lining(design, colourway)),
        Material.TRIM: Dye(CLOTHS["sherpa"], np.array([[mixed((176, 150, 118), main, 0.12)]], np.float32)),
    }


def _band_colour(design: Design, colourway: Colourway) -> Colour | None:
    """Colour of neckband, cuffs and hem; None for the garment's own."""
    main, second, _ = colourway.colours
    if design.cut in {"Ringer", "Varsity", "Raglan"} and design.category != "Sweater":
        return second
    if design.pattern in {"Striped", "Gingham", "Polka Dot", "Leopard", "Tie Dye", "Fair Isle", "Colour Block"}:
        return main
    return mixed(main, (0, 0, 0), 0.12) if design.category == "Bomber" else None


def _lining(design: Design, colourway: Colourway) -> NDArray[np.float32]:
    main, second, _ = colourway.colours
    if design.category == "Hoodie":
        return np.array([[main]], np.float32)
    colour = mixed(main, (40, 40, 44), 0.35) if luma(second) > 150 else mixed(main, second, 0.6)
    return np.array([[colour]], np.float32)


def _view(pieces: list[Piece], photo: np.random.Generator) -> View:
    corners = np.vstack([piece.outline for piece in pieces if isinstance(piece, Panel) and not piece.within])
    low, high = corners.min(axis=0), corners.max(axis=0)
    size = high - low
    scale = min(WIDTH * _ROOM[0] / size[0], HEIGHT * _ROOM[1] / size[1]) * photo.uniform(0.93, 1.0)
    middle = (low + high) / 2 + photo.normal(0, 0.5, 2)
    sway = (*photo.uniform(0, 6.28, 4).tolist(), float(photo.uniform(0.15, 0.42)), float(photo.uniform(0.12, 0.34)))
    return View(WIDTH, HEIGHT, float(scale), (float(middle[0]), float(middle[1])), float(photo.normal(0, 0.011)), sway)


def _photograph(garment: NDArray[np.uint8], cover: NDArray[np.uint8], photo: np.random.Generator) -> NDArray[np.uint8]:
    """The garment before a studio background, with its shadow, a lens and a sensor."""
    x = np.arange(WIDTH, dtype=np.float32) / WIDTH - np.float32(0.44)
    y = np.arange(HEIGHT, dtype=np.float32)[:, None] / HEIGHT - np.float32(0.42)
    distance = (x * x + y * y) * np.float32(photo.uniform(0.06, 0.13))
    wall = (
        np.array([244, 243, 241], np.float32)
        + photo.normal(0, 0.6, 3).astype(np.float32)
        - np.float32(photo.uniform(0, 5))
    )
    light = 1.0 - distance + 0.006 * smooth_noise(photo, HEIGHT, WIDTH, 3, 3)
    mask = Image.fromarray(cover)
    far, near = _shadow(mask, 13, (8, 10)), _shadow(mask, 3.4, (2, 4))
    light *= (1.0 - np.float32(photo.uniform(0.12, 0.2)) * far) * (1.0 - np.float32(photo.uniform(0.14, 0.24)) * near)
    opaque = cover.astype(np.float32)[..., None] / 255
    warmth = np.array([1, 1, 1], np.float32) + photo.normal(0, 0.003, 3).astype(np.float32)
    exposure = np.float32(photo.normal(1.0, 0.02))
    scene = (garment * exposure + (1.0 - opaque) * wall * light[..., None]) * warmth
    scene += photo.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32) * np.float32(1.3)
    pixels: NDArray[np.uint8] = np.clip(scene, 0, 255).astype(np.uint8)
    return pixels


def _shadow(mask: Image.Image, radius: float, shift: tuple[int, int]) -> NDArray[np.float32]:
    small = mask.reduce(2)
    dark = Image.fromarray(soft_shadow(small, radius / 2, (shift[0] // 2, shift[1] // 2)))
    return np.asarray(dark.resize(mask.size, Image.Resampling.BILINEAR), dtype=np.float32) / np.float32(255)


def _box(cover: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero((cover > 127).any(axis=1)), np.flatnonzero((cover > 127).any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
