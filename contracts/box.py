"""A box on a picture, as fractions, so that it means the same at every size."""

import math
from dataclasses import dataclass
from typing import Self

from contracts.errors import PictureRejected

MIN_BOX_SIDE_PX = 8


@dataclass(frozen=True, slots=True)
class Box:
    """Part of a picture: fractions of its width and height after EXIF orientation.

    Raises:
        PictureRejected: `invalid_box` when not 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1.
    """

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        corners = (self.x1, self.y1, self.x2, self.y2)
        inside = all(math.isfinite(c) and 0.0 <= c <= 1.0 for c in corners)
        if not inside or self.x1 >= self.x2 or self.y1 >= self.y2:
            raise PictureRejected(
                "invalid_box",
                "box must be x1,y1,x2,y2 as fractions of the picture with "
                f"0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1; got {','.join(f'{c:g}' for c in corners)}",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `x1,y1,x2,y2`.

        Raises:
            PictureRejected: `invalid_box` when the text is not four numbers that make a box.
        """
        try:
            x1, y1, x2, y2 = (float(part) for part in text.split(","))
        except ValueError:
            raise PictureRejected(
                "invalid_box",
                f"box must be four numbers, x1,y1,x2,y2, such as 0.1,0.2,0.9,0.8; got {text!r:.80}",
            ) from None
        return cls(x1, y1, x2, y2)

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The box on a picture of this size, as (left, top, right, bottom) pixels.

        Raises:
            PictureRejected: `image_too_small` when a side has under 8 pixels.
        """
        left, top = math.floor(self.x1 * width), math.floor(self.y1 * height)
        right, bottom = min(width, math.ceil(self.x2 * width)), min(height, math.ceil(self.y2 * height))
        if right - left < MIN_BOX_SIDE_PX or bottom - top < MIN_BOX_SIDE_PX:
            raise PictureRejected(
                "image_too_small",
                f"the box covers {right - left} x {bottom - top} pixels of the picture; "
                f"each side needs at least {MIN_BOX_SIDE_PX}",
            )
        return left, top, right, bottom
