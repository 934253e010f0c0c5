"""Fits pictures into the network's square input. The settings are part of the model version."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.frame import without_frame

Fit = Literal["pad", "unframe", "crop", "squash"]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How pictures are fitted into the input and normalised.

    Attributes:
        input_size: side of the square input, pixels.
        fit: `pad` scales the whole picture to the input and pads it with the colour of its border; `unframe` cuts
            off a frame around the picture first; `crop` scales the shorter side to the input and cuts out the centre
            (the article's test transform); `squash` scales both sides to the input, which distorts the picture.
        mean, std: per RGB channel, for values 0 to 1; applied by the engine.
        colours: `srgb` if the decoder converts colours where an ICC profile says that they are not sRGB; `stored` takes
            the numbers in the file for sRGB, as all networks did before there was a choice.
    """

    input_size: int
    fit: Fit
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    colours: Literal["stored", "srgb"] = "stored"

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Fit a picture into the input.

        Args:
            pixels: (H, W, 3) uint8 RGB, H and W at least 1.

        Returns:
            (3, input_size, input_size) uint8, not yet normalised.
        """
        if self.fit == "crop":
            fitted = self._centre_cropped(pixels)
        elif self.fit == "squash":
            fitted = _resized(pixels, self.input_size, self.input_size)
        else:
            fitted = self._padded(without_frame(pixels) if self.fit == "unframe" else pixels)
        return np.ascontiguousarray(fitted.transpose(2, 0, 1))

    def canonical_json(self) -> str:
        """A text that is the same for equal settings on every machine."""
        fields = asdict(self)
        if self.colours == "stored":
            # The versions of networks from before there was a choice must stay what they are.
            del fields["colours"]
        return json.dumps(fields, sort_keys=True, separators=(",", ":"))

    def _padded(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = pixels.shape[:2]
        scale = self.input_size / max(height, width)
        new_height, new_width = max(1, round(height * scale)), max(1, round(width * scale))
        resized = _resized(pixels, new_width, new_height)
        canvas = np.empty((self.input_size, self.input_size, 3), np.uint8)
        canvas[:] = border_colour(resized)
        top, left = (self.input_size - new_height) // 2, (self.input_size - new_width) // 2
        canvas[top : top + new_height, left : left + new_width] = resized
        return canvas

    def _centre_cropped(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        # Cut first, so that of a very long picture only the visible part is scaled.
        height, width = pixels.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        return _resized(pixels[top : top + side, left : left + side], self.input_size, self.input_size)


def border_colour(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The median colour of a picture's outermost pixels: (H, W, 3) uint8 -> (3,) uint8."""
    border = np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
    colour: NDArray[np.uint8] = np.median(border, axis=0).astype(np.uint8)
    return colour


def _resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))
