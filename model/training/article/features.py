"""Pooled features of the frozen backbone, computed once for each picture and view."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from contracts.errors import ModelError
from contracts.items import Item
from contracts.progress import Progress
from model.picture_reading import ReadPicture
from model.training.picture_rows import PictureRows, RowMaker, picture_rows

Fit = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]

_PICTURES_A_BATCH = 16


def compute_features(
    items: Sequence[Item],
    root: Path,
    folder: Path,
    engine: EmbeddingEngine,
    *,
    key: str,
    fit: Fit,
    views: int,
    features: int,
    workers: int,
    progress: Progress,
    follow_links: bool = False,
) -> PictureRows[np.float16]:
    """Compute the features of items' pictures, or reuse those that an earlier run with the same key computed.

    Args:
        root: folder that `Item.image` is relative to.
        folder: for the two files of this set of features.
        key: any text that is different whenever the features would be.
        fit: (H, W, 3) pixels -> (views, 3, S, S) inputs; called from several threads.
        views: number of inputs for each picture.
        features: number of features that the engine returns for an input.
        workers: threads that read and fit pictures.
        progress: called with (pictures done, pictures in all).
        follow_links: whether pictures may be read through links that lead out of the root.

    Returns:
        Rows of (views, features) float16.

    Raises:
        ModelError: a feature is not finite in half precision.
        OSError: the disk is full; what was computed so far is kept for the next run.
    """

    def compute(pictures: Sequence[ReadPicture]) -> NDArray[np.float16]:
        inputs = np.concatenate([picture.fitted for picture in pictures if picture.fitted is not None])
        halves = _as_half(engine.embed(inputs).embeddings, pictures[0].item)
        return halves.reshape(len(pictures), views, features)

    maker = RowMaker((views, features), np.float16, engine.input_size, fit, compute, _PICTURES_A_BATCH)
    return picture_rows(
        items,
        root,
        (folder, "features"),
        maker,
        key=key,
        workers=workers,
        ahead=2 * _PICTURES_A_BATCH,
        progress=progress,
        follow_links=follow_links,
    )


def _as_half(values: NDArray[np.float32], first: Item) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        halves = values.astype(np.float16)
    if not np.isfinite(halves).all():
        raise ModelError(
            f"the network's features are not finite in half precision for a picture at or after item "
            f"{first.id!r:.100}; choose another --network, or check its weights"
        )
    return halves
