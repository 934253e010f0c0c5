"""Pictures of clothes that every installation has, for checks of a network."""

from collections.abc import Iterator, Sequence

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
        names, chosen = _names(archive)
        yield from _decoded(archive, [names[position] for position in chosen], target, as_srgb)


def calibration_pictures(count: int, *, target: int, as_srgb: bool) -> Iterator[NDArray[np.uint8]]:
    """Pictures of the sample catalogue that are none of `sample_pictures`, always the same; otherwise like those.

    Args:
        count: how many, if there are as many.

    Raises:
        CatalogueError: the sample catalogue is missing or damaged.
    """
    with SampleArchive(ARCHIVE) as archive:
        names, chosen = _names(archive)
        others = np.random.default_rng(0).permutation(np.setdiff1d(np.arange(len(names)), chosen))
        yield from _decoded(archive, [names[position] for position in others[:count]], target, as_srgb)


def _names(archive: SampleArchive) -> tuple[list[str], NDArray[np.int64]]:
    """The pictures in the archive, and the positions of those that checks use."""
    names = sorted(name for name in archive.seals if name.endswith(".webp"))
    return names, np.linspace(0, len(names) - 1, min(PICTURES, len(names))).astype(np.int64)


def _decoded(archive: SampleArchive, names: Sequence[str], target: int, as_srgb: bool) -> Iterator[NDArray[np.uint8]]:
    for name in names:
        yield decode(archive.read(name), box=None, target=target, as_srgb=as_srgb).pixels
