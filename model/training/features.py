"""Pooled features of a frozen backbone: computed once for each picture and view, kept in a file, read mapped."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.errors import ModelError
from contracts.items import Item
from contracts.progress import Progress
from model.engine import EmbeddedBatch
from model.picture_reading import ReadPicture, read_pictures
from model.training.row_store import RowStore

Fit = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
PictureStamp = tuple[str, str, str, int, int]

_PICTURES_A_BATCH = 16


class PoolingEngine(Protocol):
    """What is needed of an engine whose embeddings are the pooled features."""

    @property
    def input_size(self) -> int:
        """Side of the square input, pixels."""

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        """(B, 3, S, S) uint8 -> (B, features) float32."""


@dataclass(frozen=True, slots=True)
class PooledFeatures:
    """Features of the items whose pictures could be read.

    Attributes:
        values: (N, views, features) float16, mapped.
        rows: (N,) int64, which items they belong to, rising.
        unreadable: the other items' positions, with a code and a sentence that say why.
    """

    values: NDArray[np.float16]
    rows: NDArray[np.int64]
    unreadable: Sequence[tuple[int, str, str]]


def compute_features(
    items: Sequence[Item],
    root: Path,
    folder: Path,
    engine: PoolingEngine,
    *,
    key: str,
    fit: Fit,
    views: int,
    features: int,
    workers: int,
    progress: Progress,
) -> PooledFeatures:
    """Compute the features of items' pictures, or take over what an earlier run with the same key computed.

    Args:
        root: folder that `Item.image` is relative to.
        folder: for the two files of this set of features.
        key: text that differs when the features would.
        fit: from (H, W, 3) pixels to (views, 3, S, S) inputs; called from several threads.
        views: inputs a picture.
        features: what the engine gives for each.
        workers: threads that read and fit pictures.
        progress: called with (pictures done, pictures in all).

    Raises:
        ModelError: a feature is not finite in half precision.
        OSError: the disk is full; what was computed so far is kept for the next run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    store = RowStore(folder, "features", key, views * features * np.dtype(np.float16).itemsize)
    progress(store.done, len(items))
    pending: list[tuple[int, NDArray[np.uint8]]] = []
    pictures = read_pictures(
        items[store.done :],
        root,
        known=(),
        fit=fit,
        target=engine.input_size,
        workers=workers,
        ahead=2 * _PICTURES_A_BATCH,
    )
    with store:
        for row, picture in enumerate(pictures, store.done):
            if picture.fitted is None:
                store.unreadable.append(_why(row, picture))
            else:
                pending.append((row, picture.fitted))
            if len(pending) == _PICTURES_A_BATCH or (pending and row == len(items) - 1):
                inputs = np.concatenate([fitted for _, fitted in pending])
                store.append(_as_half(engine.embed(inputs).embeddings, items[pending[0][0]]), row + 1)
                pending.clear()
            progress(row + 1, len(items))
        store.commit(len(items))
    rows = np.setdiff1d(np.arange(len(items)), [row for row, _, _ in store.unreadable])
    if len(rows) == 0:
        return PooledFeatures(np.empty((0, views, features), np.float16), rows, store.unreadable)
    values = np.memmap(store.path, np.float16, "r", shape=(len(rows), views, features))
    return PooledFeatures(values, rows, store.unreadable)


def picture_stamps(items: Sequence[Item], root: Path) -> list[PictureStamp]:
    """Id, image, crop, size and time of change of each picture: another list means other features."""
    stamps: list[PictureStamp] = []
    for item in items:
        try:
            status = (root / item.image).stat()
            size, changed = status.st_size, status.st_mtime_ns
        except OSError:
            size, changed = -1, -1
        stamps.append((item.id, item.image, str(item.crop), size, changed))
    return stamps


def remove_features(folder: Path) -> None:
    """Delete the files of all sets of features in a folder that holds nothing else."""
    shutil.rmtree(folder, ignore_errors=True)


def _why(row: int, picture: ReadPicture) -> tuple[int, str, str]:
    return row, picture.code or "", picture.detail or ""


def _as_half(values: NDArray[np.float32], first: Item) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        halves = values.astype(np.float16)
    if not np.isfinite(halves).all():
        raise ModelError(
            f"the network gave features that are not finite for a picture at or after item {first.id!r:.100}; "
            "take another --network, or look at its weights"
        )
    return halves
