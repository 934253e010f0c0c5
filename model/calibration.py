"""Draws the pictures that a quantisation takes its scales from."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import CatalogueError
from model.catalogue.catalogue import Catalogue
from model.description import Description
from model.engines.fitting import FittingEngine
from model.picture_reading import read_pictures
from model.sample_pictures import calibration_pictures

PICTURES: Final = 300
# How many items are tried before so many are readable.
_TRIED: Final = 2 * PICTURES
# A range of values from a few pictures cuts off what others have.
_LEAST: Final = 16
_WORKERS: Final = 2


def drawn_for_calibration(description: Description, catalogue: Catalogue | None) -> NDArray[np.uint8]:
    """Some hundred pictures, fitted: (N, 3, S, S) uint8; always the same ones of a catalogue.

    Args:
        description: of the network that they are fitted for.
        catalogue: None for the sample catalogue.

    Raises:
        CatalogueError: too few of the drawn pictures can be read.
    """
    fitting = FittingEngine(description.preprocessing)
    if catalogue is None:
        drawn = calibration_pictures(PICTURES, target=fitting.input_size, as_srgb=fitting.as_srgb)
        return np.stack([fitting.preprocess(pixels) for pixels in drawn])
    order = np.random.default_rng(0).permutation(len(catalogue.items))[:_TRIED]
    found: list[NDArray[np.uint8]] = []
    why = ""
    pictures = read_pictures(
        [replace(catalogue.items[position], crop=None) for position in order],
        catalogue.root,
        known=(),
        fit=fitting.preprocess,
        target=fitting.input_size,
        as_srgb=fitting.as_srgb,
        workers=_WORKERS,
        ahead=4 * _WORKERS,
        follow_links=catalogue.follow_links,
    )
    for picture in pictures:
        if picture.fitted is not None:
            found.append(picture.fitted)
        else:
            why = f", one because {picture.detail}"
        if len(found) == PICTURES:
            break
    if len(found) < _LEAST:
        raise CatalogueError(
            f"{len(found)} of {len(order)} pictures drawn from {catalogue.root} can be read{why}; calibration needs "
            f"{_LEAST}: give a catalogue with more, or leave out --catalogue to use the sample's pictures"
        )
    return np.stack(found)
