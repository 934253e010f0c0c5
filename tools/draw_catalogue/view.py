"""How a garment lies in its picture."""

import math
from dataclasses import dataclass

import numpy as np

from tools.draw_catalogue.curves import Points

OVERSAMPLING = 2


@dataclass(frozen=True, slots=True)
class View:
    """Where a garment lies in the picture and how it is laid.

    Attributes:
        width, height: of the picture, pixels.
        scale: pixels per cm.
        centre: point of the garment (cm) that lies at the picture's centre.
        tilt: radians.
        sway: (6,) phases and sizes of the unevenness of a garment laid by hand.
    """

    width: int
    height: int
    scale: float
    centre: tuple[float, float]
    tilt: float
    sway: tuple[float, ...]

    def project(self, points: Points) -> Points:
        """Garment centimetres to oversampled pixels.

        Args:
            points: (N, 2).

        Returns:
            (N, 2) float64.
        """
        laid = self.lay(points) - self.centre
        cosine, sine = math.cos(self.tilt), math.sin(self.tilt)
        turned = np.column_stack([laid[:, 0] * cosine - laid[:, 1] * sine, laid[:, 0] * sine + laid[:, 1] * cosine])
        pixels: Points = (turned * self.scale + (self.width / 2, self.height / 2)) * OVERSAMPLING
        return pixels

    def lay(self, points: Points) -> Points:
        """Garment centimetres, slightly uneven.

        Args:
            points: (N, 2).

        Returns:
            (N, 2) float64.
        """
        x, y = points[:, 0], points[:, 1]
        a, b, c, d, size_x, size_y = self.sway
        shift_x = size_x * (np.sin(y / 9 + a) + 0.6 * np.sin(y / 4.3 + x / 13 + b))
        shift_y = size_y * (np.sin(x / 10 + c) + 0.6 * np.sin(x / 4.7 + y / 15 + d))
        return points + np.column_stack([shift_x, shift_y])
