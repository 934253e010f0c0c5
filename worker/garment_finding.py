"""Finding the garments of a photo, and choosing the one to search."""

import logging
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.box import Box
from contracts.errors import PictureRejected
from contracts.garments import FittedPhoto, Garment, GarmentDetector
from model.detection.prominent import prominent_garment
from worker.batching import Batcher
from worker.forward_passes import SearchedPhoto
from worker.waiting_picture import EngineFailedError
from worker.watching import Watch

logger = logging.getLogger(__name__)

# A garment of one part in so many of the photo's longer side has enough detail.
_GARMENT_FRACTION: Final = 3
_BLANK: Final = np.full((8, 8, 3), 255, np.uint8)


class GarmentFinder:
    """Finds garments by way of the batcher. Whatever goes wrong costs the garments, never the photo's answer.

    Args:
        detector: fits photos here, and detects on the batcher's thread.
        batcher: of the same detector; already started.
        input_size: of the network that embeds, pixels.
        watch: is told of failures.
    """

    def __init__(self, detector: GarmentDetector, batcher: Batcher, watch: Watch, *, input_size: int) -> None:
        self._detector = detector
        self._batcher = batcher
        self._watch = watch
        self._detail, self._detail_for_garments = detail_of(detector), detail_of(detector, input_size=input_size)

    def overview(self, box: Box | None) -> int:
        """The detail that the whole photo is decoded in, as `pictures.decoding.decode_checked` takes it, pixels.

        Args:
            box: that is searched; without one, a garment may be cut out of the whole photo.
        """
        return self._detail_for_garments if box is None else self._detail

    def fit(self, pixels: NDArray[np.uint8]) -> FittedPhoto | None:
        """The photo as the detector takes it, or None if it cannot take it.

        Args:
            pixels: (H, W, 3) uint8 RGB, the whole photo.
        """
        try:
            return self._detector.fit(pixels)
        except Exception:  # not our code's edge, but the detector's: the photo is embedded all the same
            logger.exception("the garment detector cannot take a photo of %d x %d", pixels.shape[1], pixels.shape[0])
            self._watch.detection_failed()
            return None

    def find(self, photo: FittedPhoto, *, background: bool, is_wanted: Callable[[], bool]) -> SearchedPhoto | None:
        """The garments of a photo, or None if the detector fails, which the batcher has logged.

        Raises:
            NobodyWaitsError: nobody waits for the photo any more.
        """
        try:
            return self._batcher.detect(photo, background=background, is_wanted=is_wanted)
        except EngineFailedError:
            return None


def detail_of(detector: GarmentDetector, *, input_size: int = 0) -> int:
    """The detail that a photo is decoded in, pixels: half of the least that its longer side then has.

    The detector loses nothing. Garments of a third of the photo's longer side, which most prominent ones have on photos
    of people, then fill the input of the network that embeds, and need not be decoded again.

    Args:
        detector: it fits photos.
        input_size: of that network; 0 if no garment is cut out.
    """
    side: int = detector.fit(_BLANK).pixels.shape[-1]
    return max(-(-side // 2), -(-_GARMENT_FRACTION * input_size // 2))


def region_to_search(garments: Sequence[Garment], width: int, height: int) -> Box | None:
    """The box of the garment to search when nobody chose a part of the photo, or None for the whole photo.

    Args:
        garments: that were found.
        width, height: of the photo, pixels.
    """
    garment = prominent_garment(garments)
    if garment is None:
        return None
    try:
        garment.box.size_on(width, height)
    except PictureRejected:
        # Under 8 pixels a side, which would be refused of a client.
        return None
    return garment.box
