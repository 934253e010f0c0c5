"""A box on a picture, in fractions of its size, so that it does not depend on the resolution."""

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

    @classmethod
    def of_crop(cls, crop: tuple[int, int, int, int] | None, width: int, height: int) -> Self | None:
        """Convert an item's crop to a box; None stands for the whole picture.

        A crop comes from a catalogue's list, which may be wrong. It is ignored unless it lies inside the picture and
        has at least 8 pixels a side.

        Args:
            crop: left, top, right, bottom in pixels of the upright picture, or None if the item has none.
            width, height: of the upright picture, pixels.
        """
        if crop is None:
            return None
        left, top, right, bottom = crop
        inside = left >= 0 and top >= 0 and right <= width and bottom <= height
        if not inside or min(right - left, bottom - top) < MIN_BOX_SIDE_PX:
            return None
        return cls(left / width, top / height, right / width, bottom / height)

    def size_on(self, width: int, height: int) -> tuple[int, int]:
        """Width and height in pixels of the part of a picture of this size that the box touches.

        Raises:
            PictureRejected: `image_too_small` when either is under 8.
        """
        across = min(width, math.ceil(self.x2 * width)) - math.floor(self.x1 * width)
        down = min(height, math.ceil(self.y2 * height)) - math.floor(self.y1 * height)
        if across < MIN_BOX_SIDE_PX or down < MIN_BOX_SIDE_PX:
            raise PictureRejected(
                "image_too_small",
                f"the box covers {across} x {down} pixels of the picture; each side needs at least {MIN_BOX_SIDE_PX}",
            )
        return across, down

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The crop for a picture of this size: (left, top, right, bottom) in pixels, at least one a side.

        The right and bottom edges are rounded to the nearest pixel; `size_on` also counts pixels that the box covers
        only in part. The picture may have been shrunk while it was decoded.
        """
        left, top = math.floor(self.x1 * width), math.floor(self.y1 * height)
        right, bottom = max(left + 1, round(self.x2 * width)), max(top + 1, round(self.y2 * height))
        return left, top, min(right, width), min(bottom, height)
