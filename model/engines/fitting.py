"""What every engine does with a picture before its network sees it."""

import numpy as np
from numpy.typing import NDArray

from model.preprocessing import Preprocessing


class FittingEngine:
    """Fits pictures as its network was trained with them.

    Args:
        preprocessing: that the network was trained with.
    """

    def __init__(self, preprocessing: Preprocessing) -> None:
        self.preprocessing = preprocessing

    @property
    def input_size(self) -> int:
        """Side of the square input, pixels."""
        return self.preprocessing.input_size

    @property
    def as_srgb(self) -> bool:
        """Whether pictures are decoded with their colours converted to sRGB."""
        return self.preprocessing.colours == "srgb"

    def preprocess(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Fit (H, W, 3) uint8 RGB pixels into the input: (3, S, S) uint8."""
        return self.preprocessing.apply(pixels)
