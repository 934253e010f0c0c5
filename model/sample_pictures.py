"""Pictures of clothes that every installation has, for checks of a network."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pictures.decoding import decode
from sample.archive import ARCHIVE, SampleArchive

PICTURES = 500


def sample_pictures(*, target: int, as_srgb: bool) -> Iterator[NDArray[np.uint8]]:
    """Some hundred pictures of the sample catalogue, always the same, decoded: (H, W, 3) uint8 RGB.

    Args:
        target: side of the network's input, pixels.
        as_srgb: convert colours where a picture says that they are not sRGB.

    Raises:
        CatalogueError: the sample catalogue is missing or damaged.
    """
    with SampleArchive(ARCHIVE) as archive:
        names = sorted(name for name in archive.seals if name.endswith(".webp"))
        for position in np.linspace(0, len(names) - 1, min(PICTURES, len(names))).astype(int):
            yield decode(archive.read(names[position]), box=None, target=target, as_srgb=as_srgb).pixels
