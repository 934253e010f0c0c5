"""Which items of a catalogue show the same picture: the same bytes, or the same picture saved again."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from contracts.progress import ProgressBar
from model.catalogue.catalogue import Catalogue
from model.picture_reading import ReadPicture, read_pictures

# Docs/evaluation.md, "The same picture twice", has the measurements behind the bound: the root mean square difference
# of two pictures that are scaled to 8 x 8, in levels of 0 to 255.
BOUND = 1.0
# Standard deviation over a picture of 8 x 8, in the same levels.
_LEAST_DETAIL = 2.0
_SIDE = 8
_COARSE = 4
_DECODED_SIDE_PX = 64
# A picture is tied to so many of its nearest, so that thousands of nearly equal ones cost no more than others.
_NEIGHBOURS = 8
_AHEAD = 256


def same_pictures(
    *catalogues: Catalogue, crop_to_box: bool, workers: int, progress: ProgressBar
) -> list[list[int | None]]:
    """Number the items of catalogues by their pictures.

    Args:
        catalogues: one or more; their items' pictures are read.
        crop_to_box: compare the items' boxes; otherwise whole pictures.
        workers: threads that read pictures.
        progress: makes a progress bar from a label and a unit.

    Returns:
        For each catalogue a number for each item: equal for items that show the same picture, None for a picture that
        cannot be read.
    """
    pictures = _Pictures()
    items = [
        catalogue.items if crop_to_box else [replace(item, crop=None) for item in catalogue.items]
        for catalogue in catalogues
    ]
    total, done = sum(map(len, items)), 0
    found: list[list[int | None]] = []
    with progress("Comparing pictures", "picture") as show:
        for catalogue, its_items in zip(catalogues, items, strict=True):
            reading = read_pictures(
                its_items,
                catalogue.root,
                known=pictures.rows.keys(),
                fit=_shrunk,
                target=_DECODED_SIDE_PX,
                as_srgb=True,
                workers=workers,
                ahead=_AHEAD,
                follow_links=catalogue.follow_links,
            )
            rows: list[int | None] = []
            for picture in reading:
                rows.append(pictures.row(picture))
                done += 1
                show(done, total)
            found.append(rows)
    if not pictures.small:
        return found
    together = near_pictures(np.stack(pictures.small)).tolist()
    return [[None if row is None else together[row] for row in rows] for rows in found]


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Different pictures, each once.

    Attributes:
        rows: digest of a picture -> its position in `small`.
        small: (8, 8, 3) uint8 each.
    """

    rows: dict[bytes, int] = field(default_factory=dict)
    small: list[NDArray[np.uint8]] = field(default_factory=list)

    def row(self, picture: ReadPicture) -> int | None:
        """Where a picture is, added if it is new; None if it could not be read."""
        if picture.key is None:
            return None
        if picture.key not in self.rows and picture.fitted is not None:
            self.rows[picture.key] = len(self.small)
            self.small.append(picture.fitted)
        return self.rows[picture.key]


def near_pictures(small: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number small pictures so that nearly equal ones, and what they are nearly equal to, share a number.

    A picture of one colour shows nothing that could be compared, so it is like no other.

    Args:
        small: (N, 8, 8, 3) uint8, N at least 1.

    Returns:
        (N,) int64.
    """
    flat = small.reshape(len(small), -1, 3).std(axis=1).max(axis=1) < _LEAST_DETAIL
    numbers = np.arange(len(small), dtype=np.int64)
    if not flat.all():
        different, place = np.unique(small[~flat].reshape(-1, _SIDE * _SIDE * 3), axis=0, return_inverse=True)
        numbers[~flat] = len(small) + _near(different)[place.reshape(-1)]
    return numbers


def _near(different: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number different small pictures, (M, 192) uint8, in the same way: (M,) int64."""
    fine = different.astype(np.float32)
    blocks = fine.reshape(len(fine), _COARSE, _SIDE // _COARSE, _COARSE, _SIDE // _COARSE, 3)
    # Means of blocks differ by no more than the blocks, so every near picture is near among the coarse ones as well.
    coarse = blocks.mean(axis=(2, 4)).reshape(len(fine), -1)
    reach = BOUND * np.sqrt(coarse.shape[1])
    _, neighbours = KDTree(coarse).query(coarse, k=_NEIGHBOURS + 1, distance_upper_bound=reach)
    rows, places = np.nonzero(neighbours < len(fine))
    others = neighbours[rows, places]
    near = np.sqrt(np.square(fine[rows] - fine[others]).mean(axis=1)) < BOUND
    edges = coo_array((np.ones(near.sum(), np.bool_), (rows[near], others[near])), shape=(len(fine), len(fine)))
    return np.asarray(connected_components(edges, directed=False)[1], np.int64)


def _shrunk(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 -> (8, 8, 3) uint8, squashed to a square."""
    return np.asarray(Image.fromarray(pixels).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR))
