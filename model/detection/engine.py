"""The garment detector of a worker: fits photos, runs the network, and reads its outputs."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.garments import FittedPhoto, Garment
from model.detection.decoding import decode_garments
from model.detection.fitting import fit_photo
from model.detection.grid import COARSEST

# Runs the network on a batch, (B, 3, H, W) uint8 with sides that are multiples of `COARSEST`: scores (B, P, classes)
# and distances (B, P, 4), float32, that later runs do not change.
DetectionRun = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]


class DetectionEngine:
    """A `contracts.garments.GarmentDetector`.

    Args:
        version: of the detector.
        classes: in the order of the scores.
        input_size: side of the square that photos are fitted into, pixels.
        run: runs the network.
        most_at_once: photos of one run. One by one, each is shown without most of its padding, which on a CPU saves
            more than a batch does.
        description: says what runs the network, and why.
    """

    def __init__(
        self,
        version: str,
        classes: tuple[str, ...],
        input_size: int,
        run: DetectionRun,
        *,
        most_at_once: int,
        description: str,
    ) -> None:
        self.version = version
        self.classes = classes
        self.input_size = input_size
        self.description = description
        self._run = run
        self._most = most_at_once

    def fit(self, pixels: NDArray[np.uint8]) -> FittedPhoto:
        """See `contracts.garments.GarmentDetector.fit`."""
        return fit_photo(pixels, self.input_size)

    def warm_up(self) -> None:
        """Run a blank photo of each usual shape, since the first pass of a shape is far slower."""
        blank = np.zeros((3, self.input_size, self.input_size), np.uint8)
        for narrow in (1, 2 / 3, 3 / 4):
            self.detect([FittedPhoto(blank, round(self.input_size * narrow), self.input_size)])

    def detect(self, photos: Sequence[FittedPhoto]) -> list[tuple[Garment, ...]]:
        """See `contracts.garments.GarmentDetector.detect`."""
        found: list[tuple[Garment, ...]] = []
        for start in range(0, len(photos), self._most):
            found += self._found(photos[start : start + self._most])
        return found

    def outputs(
        self, photos: Sequence[FittedPhoto]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], tuple[int, int]]:
        """Scores and distances of some photos, at most as many as run at once, and the sides of the input."""
        height = _filled(max(photo.height for photo in photos))
        width = _filled(max(photo.width for photo in photos))
        batch = np.stack([photo.pixels[:, :height, :width] for photo in photos])
        return *self._run(batch), (height, width)

    def _found(self, photos: Sequence[FittedPhoto]) -> list[tuple[Garment, ...]]:
        scores, reaches, input_size = self.outputs(photos)
        return [
            decode_garments(
                scores[row],
                reaches[row],
                input_size=input_size,
                photo_size=(photo.height, photo.width),
                classes=self.classes,
            )
            for row, photo in enumerate(photos)
        ]


def _filled(pixels: int) -> int:
    """The next multiple of the coarsest stride."""
    return -(-pixels // COARSEST) * COARSEST
