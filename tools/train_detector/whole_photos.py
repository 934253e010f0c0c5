"""How well a whole photo finds: by its most prominent garment, by a garment that a customer chooses, or as it is."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.box import Box
from contracts.garments import Garment
from tools.train_detector.average_precision import pairwise_overlap
from tools.train_detector.classes import class_number
from tools.train_detector.photos import LabelledPhoto
from tools.train_detector.searches import PhotoSearches, share_right

ClassMap = Mapping[str, Collection[str]]
Prominent = Callable[[Sequence[Garment]], Garment | None]
# A customer who wants a garment takes the button whose box overlaps it so much, if there is one.
_SAME_GARMENT = 0.1


@dataclass(frozen=True, slots=True)
class WholePhotoScores:
    """Shares of right items among the first ten.

    Attributes:
        true_box: of searches with each measured box; mean over classes.
        found_box: of searches with the found box that overlaps it most, else of the whole photo; mean over classes.
        found_type: of searches with the most certain found box of its kind, else of the whole photo.
        found: share of the garments that a found box overlaps by at least a half.
        by_class: true and found box, and how many garments.
        whole_photo: of searches with the whole photo; an item is right if it fits any garment of the photo.
        prominent: of searches with the garment that is searched when nobody chose one, else the whole photo.
        prominent_true_box: of searches with the true box of the garment that the prominent one overlaps most.
    """

    true_box: float
    found_box: float
    found_type: float
    found: float
    by_class: Mapping[str, tuple[float, float, int]]
    whole_photo: float
    prominent: float
    prominent_true_box: float

    @property
    def ratio(self) -> float:
        """What is left of the quality when the boxes are found instead of measured."""
        return self.found_box / self.true_box


class WholePhotoJudge:
    """Judges what was found in street photos by what is searched with it.

    Args:
        photos: with measured boxes; some have none, and are left out.
        found: garments in each photo, as they are served.
        searches: in an index of products.
        right_types: of each class of street garments.
    """

    def __init__(
        self,
        photos: Sequence[LabelledPhoto],
        found: Sequence[Sequence[Garment]],
        searches: PhotoSearches,
        right_types: ClassMap,
    ) -> None:
        pairs = [(photo, ours) for photo, ours in zip(photos, found, strict=True) if len(photo.boxes)]
        self._photos = [photo for photo, _ in pairs]
        self._found = [ours for _, ours in pairs]
        self._right_types = right_types
        self._types: dict[tuple[Path, Box | None], list[str]] = {}
        wanted: dict[tuple[Path, Box | None], None] = {}
        for photo, ours in pairs:
            boxes = [None, *(_box(box) for box in photo.boxes), *(garment.box for garment in ours)]
            wanted |= dict.fromkeys((photo.path, box) for box in boxes)
        for part, embedding in zip(wanted, searches.embed(wanted), strict=True):
            self._types[part] = searches.types(embedding)

    def scores(self, prominent: Prominent) -> WholePhotoScores:
        """All shares, with this choice of the garment that is searched when nobody chose one."""
        rows = [row for photo, ours in zip(self._photos, self._found, strict=True) for row in self._rows(photo, ours)]
        names = sorted({name for name, *_ in rows})
        means = {name: np.mean([values for other, *values in rows if other == name], 0) for name in names}
        true_box, found_box, found_type, _ = np.mean(list(means.values()), 0).tolist()
        whole, chosen, ideal = np.mean(
            [self._photo(photo, ours, prominent) for photo, ours in zip(self._photos, self._found, strict=True)], 0
        ).tolist()
        return WholePhotoScores(
            true_box=true_box,
            found_box=found_box,
            found_type=found_type,
            found=float(np.mean([row[4] for row in rows])),
            by_class={
                name: (float(mean[0]), float(mean[1]), sum(other == name for other, *_ in rows))
                for name, mean in means.items()
            },
            whole_photo=whole,
            prominent=chosen,
            prominent_true_box=ideal,
        )

    def _rows(self, photo: LabelledPhoto, ours: Sequence[Garment]) -> list[tuple[str, float, float, float, float]]:
        """For each garment its class, the shares of `true_box`, `found_box` and `found_type`, and if it is found."""
        rows = []
        overlaps = _overlaps(ours, photo)
        for row, name in enumerate(photo.names):
            right = self._right_types[f"street-{name}"]
            nearest = int(overlaps[:, row].argmax()) if ours else None
            beside = None if nearest is None or overlaps[nearest, row] < _SAME_GARMENT else ours[nearest].box
            kind = class_number(name)
            same = max((g for g in ours if class_number(g.type) == kind), key=lambda g: g.score, default=None)
            rows.append(
                (
                    name,
                    self._share(photo, _box(photo.boxes[row]), right),
                    self._share(photo, beside, right),
                    self._share(photo, None if same is None else same.box, right),
                    float(nearest is not None and overlaps[nearest, row] >= 0.5),
                )
            )
        return rows

    def _photo(self, photo: LabelledPhoto, ours: Sequence[Garment], prominent: Prominent) -> tuple[float, float, float]:
        """The shares of `whole_photo`, `prominent` and `prominent_true_box` of one photo."""
        right = frozenset().union(*(self._right_types[f"street-{name}"] for name in photo.names))
        whole = self._share(photo, None, right)
        garment = prominent(ours)
        if garment is None:
            return whole, whole, whole
        nearest = int(_overlaps([garment], photo)[0].argmax())
        return whole, self._share(photo, garment.box, right), self._share(photo, _box(photo.boxes[nearest]), right)

    def _share(self, photo: LabelledPhoto, box: Box | None, right: Collection[str]) -> float:
        return share_right(self._types[photo.path, box], right)


def _box(corners: NDArray[np.float32]) -> Box:
    return Box(*(float(corner) for corner in corners))


def _overlaps(garments: Sequence[Garment], photo: LabelledPhoto) -> NDArray[np.float64]:
    found = np.array([(g.box.x1, g.box.y1, g.box.x2, g.box.y2) for g in garments], np.float64).reshape(-1, 4)
    return pairwise_overlap(found, photo.boxes.astype(np.float64))
