"""Lays panels over one another and lights them: pieces in, a photograph's colours out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tools.draw_catalogue import fabric, patterns
from tools.draw_catalogue.cloth_surface import crumpled, followed, quilted
from tools.draw_catalogue.curves import Points
from tools.draw_catalogue.fabric import Cloth
from tools.draw_catalogue.folds import raise_folds
from tools.draw_catalogue.noise import Field, resize
from tools.draw_catalogue.pieces import Button, Line, Material, Panel, Patch, Piece, Tint
from tools.draw_catalogue.shading import brightness, rounded_edge, soft_shadow, worn_form
from tools.draw_catalogue.view import OVERSAMPLING, View


@dataclass(frozen=True, slots=True)
class Dye:
    """A cloth and the colours it has been dyed or printed with.

    Attributes:
        cloth: how it folds and shines.
        tile: (S, S, 3) float32, from `tools.draw_catalogue.patterns`.
    """

    cloth: Cloth
    tile: patterns.Tile


class Canvas:
    """Collects pieces in painting order and develops them to colours."""

    def __init__(self, view: View, dyes: Mapping[Material, Dye], rng: np.random.Generator) -> None:
        rows, columns = view.height * OVERSAMPLING, view.width * OVERSAMPLING
        self._view = view
        self._dyes = dyes
        self._material = np.zeros((rows, columns), np.uint8)
        self._u = np.zeros((rows, columns), np.float32)
        self._v = np.zeros((rows, columns), np.float32)
        self._light = np.ones((rows, columns), np.float32)
        self._print = Image.new("RGBA", (columns, rows), (0, 0, 0, 0))
        self._marked: tuple[slice, slice] | None = None
        self._masks: dict[str, NDArray[np.bool_]] = {}
        self._crumple = crumpled(rng, view)

    def add(self, piece: Piece) -> None:
        """Lay a piece on top of what is there."""
        match piece:
            case Panel():
                self._add_panel(piece)
            case Tint():
                box, mask, _ = self._cut(piece.outline, piece.within, 0)
                if box is not None:
                    self._material[box][mask & (self._material[box] != 0)] = piece.material
            case Line():
                self._draw_line(piece)
            case Patch():
                pixels = self._view.project(piece.outline)
                self._mark(pixels.min(axis=0), pixels.max(axis=0))
                ImageDraw.Draw(self._print).polygon([(x, y) for x, y in pixels], fill=piece.colour)
            case Button():
                self._draw_button(piece)

    def develop(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The garment on black, at the picture's size.

        Returns:
            RGB premultiplied by coverage (H, W, 3) and coverage (H, W), uint8.
        """
        flat, light = self._material.ravel(), self._light.ravel()
        rgb = np.zeros((flat.size, 3), np.uint8)
        for material, dye in self._dyes.items():
            where = np.flatnonzero(flat == material)
            if where.size:
                rgb[where] = _film(self._colours(where, dye))
        if self._marked is not None:
            window = self._marked
            printed = np.asarray(self._print)[window]
            rows, columns = np.nonzero((printed[..., 3] > 0) & (self._material[window] > 0))
            inked = (rows + window[0].start) * self._material.shape[1] + columns + window[1].start
            ink = printed[rows, columns].astype(np.float32)
            ground = rgb[inked].astype(np.float32)
            lit = ink[:, :3] * (0.25 + 0.75 * light[inked, None])
            rgb[inked] = _film(ground + ink[:, 3:] / np.float32(255) * (lit - ground))
        shape = self._material.shape
        image = Image.fromarray(rgb.reshape(*shape, 3)).reduce(OVERSAMPLING)
        cover = Image.fromarray((self._material > 0).astype(np.uint8) * np.uint8(255)).reduce(OVERSAMPLING)
        return np.asarray(image), np.asarray(cover)

    def _colours(self, where: NDArray[np.intp], dye: Dye) -> NDArray[np.float32]:
        u, v = self._u.ravel()[where], self._v.ravel()[where]
        light = self._light.ravel()[where]
        cloth = dye.cloth
        if cloth.depth > 0:
            index = _tile_index(u, v, fabric.TILE_SAMPLES_PER_CM, fabric.TILE_SIDE)
            weave = np.take(fabric.texture(cloth.texture), index)
            light *= 1.0 + np.float32(cloth.depth) * (weave - 1.0)
        side = dye.tile.shape[0]
        if side == 1:
            lit: NDArray[np.float32] = light[:, None] * dye.tile[0, 0]
        else:
            index = _tile_index(u, v, patterns.TILE_SAMPLES_PER_CM, side)
            lit = np.take(dye.tile.reshape(-1, 3), index, axis=0)
            lit *= light[:, None]
        shine = light - np.float32(1.0)
        shine *= np.where(shine > 0, np.float32(1.6 * cloth.sheen), np.float32(0.25 * cloth.sheen))
        lit += shine[:, None]
        return lit

    def _cut(
        self, outline: Points, within: str, margin: int
    ) -> tuple[tuple[slice, slice] | None, NDArray[np.bool_], Image.Image]:
        """The window around an outline, and its mask there; even corners, so that halves fit."""
        pixels = self._view.project(outline)
        rows, columns = self._material.shape
        low, high = pixels.min(axis=0) - margin, pixels.max(axis=0) + margin
        left, top = max(0, int(low[0]) // 2 * 2), max(0, int(low[1]) // 2 * 2)
        right, bottom = min(columns, (int(high[0]) + 3) // 2 * 2), min(rows, (int(high[1]) + 3) // 2 * 2)
        if right - left < 4 or bottom - top < 4:
            return None, np.zeros((0, 0), np.bool_), Image.new("L", (1, 1))
        window = (slice(top, bottom), slice(left, right))
        image = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(image).polygon([(x - left, y - top) for x, y in pixels], fill=255)
        mask = np.asarray(image) > 0
        if within:
            mask = mask & self._masks[within][window]
            image = Image.fromarray(mask.astype(np.uint8) * np.uint8(255))
        return window, mask, image

    def _add_panel(self, panel: Panel) -> None:
        window, mask, image = self._cut(panel.outline, panel.within, 6)
        if window is None:
            return
        rows, columns = mask.shape
        small = image.reduce(OVERSAMPLING)
        if panel.shadow > 0:
            self._cast_shadow(panel, window, small)
        if self._marked is not None and _overlap(window, self._marked):
            self._print.paste((0, 0, 0, 0), (window[1].start, window[0].start), image)
        light, u, v = self._relief(panel, small, window)
        np.copyto(self._light[window], resize(light, rows, columns), where=mask)
        np.copyto(self._u[window], resize(u, rows, columns), where=mask)
        np.copyto(self._v[window], resize(v, rows, columns), where=mask)
        np.copyto(self._material[window], np.uint8(panel.material), where=mask)
        if panel.name:
            full = np.zeros(self._material.shape, np.bool_)
            full[window] = mask
            self._masks[panel.name] = full

    def _cast_shadow(self, panel: Panel, window: tuple[slice, slice], small: Image.Image) -> None:
        """Darken what lies below a panel, around its edge."""
        reach = panel.reach * self._view.scale
        # A wide blur needs few samples.
        coarse = 2 if reach > 2.5 else 1
        unit = OVERSAMPLING * coarse
        margin = math.ceil(2.2 * reach / coarse) + 1
        down, across = (math.ceil(size / coarse) + 2 * margin for size in (small.height, small.width))
        mask = Image.new("L", (across, down), 0)
        mask.paste(small.reduce(coarse) if coarse > 1 else small, (margin, margin))
        dark = soft_shadow(mask, reach / coarse, (round(0.35 * reach / coarse), round(0.5 * reach / coarse)))
        shade = np.asarray(Image.fromarray(dark).resize((across * unit, down * unit), Image.Resampling.BILINEAR))
        top, left = window[0].start - margin * unit, window[1].start - margin * unit
        rows, columns = self._material.shape
        part = shade[max(0, -top) : rows - top, max(0, -left) : columns - left]
        lookup = (1.0 - panel.shadow * np.arange(256) / 255).astype(np.float32)
        top, left = max(0, top), max(0, left)
        self._light[top : top + part.shape[0], left : left + part.shape[1]] *= lookup[part]

    def _mark(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """Remember where marks were drawn, so that the rest need not be looked at."""
        rows, columns = self._material.shape
        top, bottom = max(0, int(low[1]) - 8), min(rows, int(high[1]) + 9)
        left, right = max(0, int(low[0]) - 8), min(columns, int(high[0]) + 9)
        if self._marked is not None:
            top, bottom = min(top, self._marked[0].start), max(bottom, self._marked[0].stop)
            left, right = min(left, self._marked[1].start), max(right, self._marked[1].stop)
        self._marked = (slice(top, bottom), slice(left, right))

    def _relief(self, panel: Panel, small: Image.Image, window: tuple[slice, slice]) -> tuple[Field, Field, Field]:
        """Brightness and cloth coordinates of a panel at the picture's resolution."""
        view, cloth = self._view, self._dyes[panel.material].cloth
        top, left = window[0].start // OVERSAMPLING, window[1].start // OVERSAMPLING
        rows, columns = small.height, small.width
        corner = (
            (left + 0.5 - view.width / 2) / view.scale + view.centre[0],
            (top + 0.5 - view.height / 2) / view.scale + view.centre[1],
        )
        height = np.float32(panel.rise) * rounded_edge(small, panel.roundness * view.scale)
        if panel.form:
            height += np.float32(panel.form) * worn_form(small, 2.3, panel.grain)
        amount = np.float32(cloth.crumple * panel.crease)
        height += amount * self._crumple[top : top + rows, left : left + columns]
        raise_folds(height, panel.folds, view.scale, corner)
        x = np.arange(columns, dtype=np.float32) / np.float32(view.scale) + np.float32(corner[0] - panel.origin[0])
        y = np.arange(rows, dtype=np.float32)[:, None] / np.float32(view.scale) + np.float32(
            corner[1] - panel.origin[1]
        )
        cosine, sine = np.float32(math.cos(panel.grain)), np.float32(math.sin(panel.grain))
        u, v = x * cosine - y * sine, x * sine + y * cosine
        if panel.along is not None:
            u, v = followed(panel.along, x + np.float32(panel.origin[0]), y + np.float32(panel.origin[1]))
        if panel.quilt:
            height += quilted(v, panel.quilt)
        light, slope_x, slope_y = brightness(height, view.scale)
        # On a bulge cloth is seen aslant at both sides, so what is printed on it draws together there.
        u -= np.float32(0.9) * np.clip(slope_x * cosine - slope_y * sine, -1.2, 1.2)
        v -= np.float32(0.9) * np.clip(slope_x * sine + slope_y * cosine, -1.2, 1.2)
        return light * np.float32(panel.tone), u, v

    def _draw_line(self, line: Line) -> None:
        pixels = self._view.project(line.points)
        self._mark(pixels.min(axis=0), pixels.max(axis=0))
        width = max(1, round(line.width * self._view.scale * OVERSAMPLING))
        draw = ImageDraw.Draw(self._print)
        if not line.dash:
            draw.line([(x, y) for x, y in pixels], fill=line.colour, width=width, joint="curve")
            return
        # Whole pixels: stitches of unequal length would look torn.
        step = max(2, round(line.dash * self._view.scale * OVERSAMPLING))
        lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(pixels, axis=0).T))])
        for start in np.arange(0, lengths[-1], step + max(2, round(step * 0.7))):
            ends = np.array([start, min(start + step, lengths[-1])])
            xs, ys = np.interp(ends, lengths, pixels[:, 0]), np.interp(ends, lengths, pixels[:, 1])
            draw.line([(xs[0], ys[0]), (xs[1], ys[1])], fill=line.colour, width=width)

    def _draw_button(self, button: Button) -> None:
        ((x, y),) = self._view.project(np.array([[button.x, button.y]]))
        radius = button.radius * self._view.scale * OVERSAMPLING
        draw = ImageDraw.Draw(self._print)
        self._mark(np.array([x - radius, y - radius]), np.array([x + radius, y + radius]))
        r, g, b = button.colour

        def disc(dx: float, dy: float, size: float, colour: tuple[int, int, int, int]) -> None:
            draw.ellipse((x + dx - size, y + dy - size, x + dx + size, y + dy + size), fill=colour)

        disc(0.25 * radius, 0.4 * radius, radius * 1.08, (12, 12, 14, 150))
        disc(0, 0, radius, (int(r * 0.72), int(g * 0.72), int(b * 0.72), 255))
        lift = 55 if button.metal else 22
        disc(
            -0.1 * radius,
            -0.12 * radius,
            radius * 0.82,
            (min(255, r + lift), min(255, g + lift), min(255, b + lift), 255),
        )
        disc(0.06 * radius, 0.08 * radius, radius * 0.66, (r, g, b, 255))
        dark = (int(r * 0.35), int(g * 0.35), int(b * 0.35), 255)
        for hole in range(button.holes):
            angle = math.pi / 4 + hole * 2 * math.pi / button.holes
            disc(0.3 * radius * math.cos(angle), 0.3 * radius * math.sin(angle), max(0.9, radius * 0.13), dark)


def _overlap(first: tuple[slice, slice], second: tuple[slice, slice]) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(first, second, strict=True))


def _film(colours: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colours as film would take them: pale cloth keeps its folds in bright light."""
    colours -= np.float32(0.5) * np.maximum(colours - np.float32(220), 0)
    return np.clip(colours, 0, 255, out=colours).astype(np.uint8)


def _tile_index(u: Field, v: Field, samples_per_cm: int, side: int) -> NDArray[np.int32]:
    # Sides are powers of two, so a bit mask wraps negative coordinates too.
    column = np.floor(u * samples_per_cm).astype(np.int32) & (side - 1)
    row = np.floor(v * samples_per_cm).astype(np.int32) & (side - 1)
    return row * side + column
