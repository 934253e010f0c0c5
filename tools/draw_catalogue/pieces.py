"""What a garment is cut from: panels of cloth, tints on them, and marks drawn over them.

Lengths are centimetres; x grows to the right, y downwards, (0, 0) lies between the highest points of the shoulders.
"""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tools.draw_catalogue.curves import Points

Colour = tuple[int, int, int]
NO_FOLDS: NDArray[np.float64] = np.zeros((0, 7))


class Material(IntEnum):
    """Which cloth of the garment a panel is cut from."""

    BACKGROUND = 0
    MAIN = 1
    CONTRAST = 2
    RIB = 3
    LINING = 4
    TRIM = 5


@dataclass(frozen=True, slots=True)
class Panel:
    """A piece of cloth.

    Attributes:
        outline: (N, 2) closed.
        name: for `within` of later pieces; empty when nobody asks.
        within: only the part of the outline inside the panel of that name is drawn.
        grain: angle of the cloth's threads against the vertical, radians.
        origin: where the pattern starts.
        folds: (K, 7) rows of x, y, angle, length, width, height, bend; see `tools.draw_catalogue.folds`.
        along: curve that the pattern follows instead of lying straight, such as the ribs of a neckband.
        roundness: how far from its edge the panel curves away, and `rise` by how much.
        form: depth of the body or arm inside, 0 for none.
        quilt: distance between quilting seams, 0 for none.
        shadow: darkness of the shadow on what lies below, 0 to 1, and `reach` how far it goes.
        tone: factor on the light, under 1 for what lies inside.
        crease: factor on the cloth's own wrinkles.
    """

    outline: Points
    material: Material = Material.MAIN
    name: str = ""
    within: str = ""
    grain: float = 0.0
    origin: tuple[float, float] = (0.0, 0.0)
    folds: NDArray[np.float64] = field(default_factory=lambda: NO_FOLDS)
    along: Points | None = None
    roundness: float = 0.6
    rise: float = 0.35
    form: float = 0.0
    quilt: float = 0.0
    shadow: float = 0.35
    reach: float = 1.2
    tone: float = 1.0
    crease: float = 1.0


@dataclass(frozen=True, slots=True)
class Tint:
    """Another cloth on a part of a panel, lying in the same folds.

    Attributes:
        outline: (N, 2) closed.
        within: name of the panel.
    """

    outline: Points
    material: Material
    within: str


@dataclass(frozen=True, slots=True)
class Line:
    """A thin line: seam, stitches, cord.

    Attributes:
        points: (N, 2) open.
        width: centimetres.
        colour: RGB and opacity, each 0 to 255.
        dash: length of a stitch, 0 for a continuous line.
    """

    points: Points
    width: float
    colour: tuple[int, int, int, int]
    dash: float = 0.0


@dataclass(frozen=True, slots=True)
class Patch:
    """A flat printed shape.

    Attributes:
        outline: (N, 2) closed.
        colour: RGB and opacity, each 0 to 255.
    """

    outline: Points
    colour: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Button:
    """A button, snap or rivet.

    Attributes:
        x, y: its centre.
        radius: centimetres.
        holes: number of thread holes.
        metal: shines.
    """

    x: float
    y: float
    radius: float
    colour: Colour
    holes: int = 4
    metal: bool = False


Piece = Panel | Tint | Line | Patch | Button
