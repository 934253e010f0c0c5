"""Colour patterns of cloth, as square tiles that repeat without a seam."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tools.draw_catalogue.noise import tiled_noise
from tools.draw_catalogue.palette import mixed
from tools.draw_catalogue.pieces import Colour
from tools.draw_catalogue.sheet import TILE_SIDE, Sheet, ellipse, spread

TILE_SAMPLES_PER_CM = 8
Tile = NDArray[np.float32]
Colours = tuple[Colour, Colour, Colour]


def pattern_tile(rng: np.random.Generator, name: str, colours: Colours) -> Tile:
    """The colours of 64 x 64 cm of cloth, or one sample when it is of one colour.

    Args:
        rng: source of the design; the same state gives the same design in other colours.
        name: one of `PATTERNS`.
        colours: ground, second and third colour.

    Returns:
        (S, S, 3) float32, 0 to 255, S = TILE_SIDE or 1.
    """
    return PATTERNS[name](rng, colours)


def _solid(_rng: np.random.Generator, colours: Colours) -> Tile:
    return np.array([[colours[0]]], np.float32)


def _marl(rng: np.random.Generator, colours: Colours) -> Tile:
    fibres = np.zeros((TILE_SIDE, TILE_SIDE), np.float32)
    fine = rng.standard_normal((TILE_SIDE, TILE_SIDE), dtype=np.float32)
    for shift in range(4):
        fibres += np.roll(fine, shift, axis=1)
    fibres = fibres * 0.07 + 0.06 * tiled_noise(rng, TILE_SIDE, 64)
    light = mixed(colours[0], (244, 244, 242), 0.42)
    ground = np.array(mixed(colours[0], light, 0.35), np.float32)
    return ground + fibres[..., None] * (np.array(light, np.float32) - np.array(colours[0], np.float32)) * 1.3


def _bars(edges: list[tuple[float, float, Colour]], ground: Colour, period: float) -> Tile:
    """One period of stripes over the tile's rows: (start, end) as fractions of the period."""
    repeats = max(1, round(TILE_SIDE / TILE_SAMPLES_PER_CM / period))
    # Averaging 8 positions per row keeps thin stripes of equal width.
    at = (np.arange(TILE_SIDE * 8) + 0.5) / (TILE_SIDE * 8) * repeats % 1.0
    line = np.tile(np.array(ground, np.float32), (TILE_SIDE * 8, 1))
    for start, end, colour in edges:
        line[(at >= start) & (at < end)] = colour
    rows: Tile = line.reshape(TILE_SIDE, 8, 3).mean(axis=1)
    return rows


def _stripes(rng: np.random.Generator, colours: Colours) -> Tile:
    kind = rng.integers(4)
    if kind == 0:
        line = _bars([(0.0, 0.35, colours[1])], colours[0], rng.uniform(2.2, 3.4))
    elif kind == 1:
        line = _bars([(0.0, 0.5, colours[1])], colours[0], rng.uniform(5, 9))
    elif kind == 2:
        line = _bars([(0.0, 0.3, colours[1]), (0.42, 0.5, colours[2])], colours[0], rng.uniform(5, 8))
    else:
        line = _bars([(0.0, 0.3, colours[1]), (0.3, 0.6, colours[2])], colours[0], rng.uniform(9, 14))
    return np.broadcast_to(line[:, None, :], (TILE_SIDE, TILE_SIDE, 3)).copy()


def _pinstripes(rng: np.random.Generator, colours: Colours) -> Tile:
    period = rng.uniform(1.4, 3.2)
    share = rng.choice([0.16, 0.3, 0.5])
    edges = [(0.0, float(share), colours[1])]
    if rng.random() < 0.3:
        edges.append((share + 0.1, share + 0.18, colours[2]))
    line = _bars(edges, colours[0], period)
    return np.broadcast_to(line[None, :, :], (TILE_SIDE, TILE_SIDE, 3)).copy()


def _chalk_stripes(rng: np.random.Generator, colours: Colours) -> Tile:
    line = _bars([(0.0, 0.3 / 2.6, mixed(colours[0], colours[1], 0.45))], colours[0], rng.uniform(2.2, 3.4))
    return np.broadcast_to(line[None, :, :], (TILE_SIDE, TILE_SIDE, 3)).copy()


def _woven(line: Tile) -> Tile:
    """The same sett as warp and weft: half of each shows."""
    return 0.5 * (line[:, None, :] + line[None, :, :])


def _gingham(rng: np.random.Generator, colours: Colours) -> Tile:
    return _woven(_bars([(0.0, 0.5, colours[1])], colours[0], rng.uniform(1.8, 4.2)))


def _windowpane(rng: np.random.Generator, colours: Colours) -> Tile:
    edges = [(0.0, 0.07, colours[1])]
    if rng.random() < 0.5:
        edges.append((0.5, 0.56, colours[2]))
    return _woven(_bars(edges, colours[0], rng.uniform(4.5, 8)))


def _plaid(rng: np.random.Generator, colours: Colours) -> Tile:
    ground, second, third = colours
    dark = mixed(second, (24, 24, 28), 0.45)
    setts = (
        [(0.0, 0.36, second), (0.44, 0.47, third), (0.53, 0.56, third), (0.66, 0.92, dark)],
        [(0.0, 0.5, second), (0.22, 0.27, third), (0.72, 0.75, third)],
        [(0.05, 0.3, dark), (0.34, 0.38, third), (0.42, 0.46, third), (0.5, 0.75, second)],
        [(0.0, 0.22, second), (0.28, 0.5, second), (0.74, 0.78, third)],
    )
    return _woven(_bars(setts[rng.integers(len(setts))], ground, rng.uniform(9, 16)))


def _houndstooth(rng: np.random.Generator, colours: Colours) -> Tile:
    cell = int(rng.choice([8, 16]))
    y, x = np.mgrid[0:TILE_SIDE, 0:TILE_SIDE] * 4 // cell
    warp, weft = x // 4 % 2 == 0, y // 4 % 2 == 0
    dark = np.where((x + y) % 4 < 2, warp, weft)
    return np.where(dark[..., None], np.array(colours[1], np.float32), np.array(colours[0], np.float32))


def _chevron(rng: np.random.Generator, colours: Colours) -> Tile:
    period = int(rng.choice([32, 64]))
    y, x = np.mgrid[0:TILE_SIDE, 0:TILE_SIDE]
    at = (y + np.abs(x % period - period // 2)) % period
    dark = at < period * 0.5
    return np.where(dark[..., None], np.array(colours[1], np.float32), np.array(colours[0], np.float32))


def _dots(rng: np.random.Generator, colours: Colours) -> Tile:
    sheet = Sheet(colours[0])
    cells = int(rng.choice([10, 14, 18, 24]))
    step = TILE_SIDE / cells
    radius = step * rng.uniform(0.16, 0.3)
    for row in range(cells):
        for column in range(cells):
            x = (column + 0.5 * (row % 2)) * step
            sheet.blot(x % TILE_SIDE, row * step, ellipse(radius, radius), colours[1])
    return sheet.tile()


def _floral(rng: np.random.Generator, colours: Colours) -> Tile:
    sheet = Sheet(colours[0])
    big = rng.random() < 0.5
    size = rng.uniform(15, 22) if big else rng.uniform(7, 11)
    petals = int(rng.integers(5, 8))
    leaf = mixed((74, 104, 66), colours[0], 0.25)
    for number, (x, y) in enumerate(spread(rng, 64 if big else 190)):
        turn, scale = rng.uniform(0, 6.3), size * rng.uniform(0.7, 1.15)
        for side in (-1, 1):
            angle = turn + side * 0.5
            out = 1.5 * scale
            sheet.blot(
                x + out * math.cos(angle), y + out * math.sin(angle), ellipse(scale * 0.8, scale * 0.26, angle), leaf
            )
        petal = colours[1] if number % 3 else colours[2]
        shade = mixed(petal, (60, 30, 40), 0.18)
        for part in range(petals):
            angle = turn + part * 2 * math.pi / petals
            px, py = x + 0.58 * scale * math.cos(angle), y + 0.58 * scale * math.sin(angle)
            sheet.blot(
                px, py, ellipse(scale * 0.52, scale * 0.36, angle), petal if part % 2 else mixed(petal, shade, 0.6)
            )
        sheet.blot(x, y, ellipse(scale * 0.26, scale * 0.26), mixed(colours[2], (246, 214, 120), 0.6))
    return sheet.tile()


def _leopard(rng: np.random.Generator, colours: Colours) -> Tile:
    sheet = Sheet(colours[0])
    size = rng.uniform(9, 13)
    inner = mixed(colours[0], colours[1], 0.3)
    for x, y in spread(rng, 260):
        turn, scale = rng.uniform(0, 6.3), size * rng.uniform(0.7, 1.2)
        sheet.blot(x, y, ellipse(scale, scale * 0.8, turn, 0.25), colours[1])
        sheet.blot(x, y, ellipse(scale * 0.55, scale * 0.42, turn, 0.3), inner)
        angle = turn + 1.0
        sheet.blot(
            x + scale * math.cos(angle), y + scale * math.sin(angle), ellipse(scale * 0.35, scale * 0.3), colours[0]
        )
    return sheet.tile()


def _camouflage(rng: np.random.Generator, colours: Colours) -> Tile:
    tile = np.empty((TILE_SIDE, TILE_SIDE, 3), np.float32)
    tile[:] = colours[0]
    for colour, level in ((colours[1], 0.35), (colours[2], 0.75), (mixed(colours[0], (20, 22, 20), 0.7), 1.0)):
        blobs = tiled_noise(rng, TILE_SIDE, 8) + 0.55 * tiled_noise(rng, TILE_SIDE, 16)
        tile[blobs > level] = colour
    return tile


def _tie_dye(rng: np.random.Generator, colours: Colours) -> Tile:
    soft = (
        tiled_noise(rng, TILE_SIDE, 4) + 0.5 * tiled_noise(rng, TILE_SIDE, 16) + 0.25 * tiled_noise(rng, TILE_SIDE, 64)
    )
    share = np.clip(np.stack([0.5 + 0.55 * soft, 0.4 * np.roll(soft, 90, 0)], axis=-1), 0, 1)
    ground, second, third = (np.array(colour, np.float32) for colour in colours)
    tile: Tile = ground + share[..., :1] * (second - ground) * 0.9 + share[..., 1:] * (third - ground) * 0.8
    return np.clip(tile, 0, 255)


def _geometric(rng: np.random.Generator, colours: Colours) -> Tile:
    y, x = np.mgrid[0:TILE_SIDE, 0:TILE_SIDE].astype(np.float32)
    cell = float(rng.choice([32, 64]))
    u, v = np.abs(x % cell / cell - 0.5) * 2, np.abs(y % cell / cell - 0.5) * 2
    distance = (u + v) if rng.random() < 0.5 else np.maximum(u, v)
    tile = np.empty((TILE_SIDE, TILE_SIDE, 3), np.float32)
    tile[:] = colours[0]
    tile[distance < 0.82] = colours[1]
    tile[distance < 0.56] = colours[0]
    tile[distance < 0.32] = colours[2]
    return tile


def _fair_isle(rng: np.random.Generator, colours: Colours) -> Tile:
    """Knitted motifs in rows: every stitch is one cell of 4 x 4 samples."""
    cells = TILE_SIDE // 4
    grid = np.zeros((cells, cells), np.intp)
    row = 0
    while row < cells:
        height = int(rng.choice([3, 5, 7, 9]))
        motif = rng.integers(0, 2, (height, 4))
        mirrored = np.concatenate([motif, motif[:, ::-1]], axis=1)
        mirrored = np.maximum(mirrored, mirrored[::-1])
        block = np.tile(mirrored, (1, cells // 8))[: cells - row]
        grid[row : row + len(block)] = block * (1 + int(rng.random() < 0.5))
        row += height
        grid[row : row + 1] = 2
        row += 3
    tile: Tile = np.array(colours, np.float32)[np.kron(grid, np.ones((4, 4), np.intp))]
    return tile


def _abstract(rng: np.random.Generator, colours: Colours) -> Tile:
    sheet = Sheet(colours[0])
    for number, (x, y) in enumerate(spread(rng, 190)):
        turn, long = rng.uniform(0, 6.3), rng.uniform(12, 26)
        sheet.blot(x, y, ellipse(long, rng.uniform(3, 7), turn, 0.12), colours[1 + number % 2])
    return sheet.tile()


PATTERNS: dict[str, Callable[[np.random.Generator, Colours], Tile]] = {
    "Solid": _solid,
    "Heather": _marl,
    "Striped": _stripes,
    "Pinstriped": _pinstripes,
    "Chalk Stripe": _chalk_stripes,
    "Gingham": _gingham,
    "Windowpane": _windowpane,
    "Plaid": _plaid,
    "Houndstooth": _houndstooth,
    "Chevron": _chevron,
    "Polka Dot": _dots,
    "Floral": _floral,
    "Leopard": _leopard,
    "Camo": _camouflage,
    "Tie Dye": _tie_dye,
    "Geometric": _geometric,
    "Fair Isle": _fair_isle,
    "Abstract": _abstract,
}
