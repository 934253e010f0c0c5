"""The replay set: features of pictures that a network has seen, shipped beside it in place of the pictures.

A training that starts from the network repeats them, so that it forgets less, and searches with those of held-out
pictures, so that it sees what it forgets. `<version>.replay.safetensors` lies beside the checkpoint.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import load, save

from contracts.errors import ModelError
from storage.durable_files import replace_file

REPLAY: Final = "replay.safetensors"
QueryKind = Literal["phone", "street"]
QUERY_KINDS: Final[tuple[QueryKind, ...]] = ("phone", "street")
_FORMAT: Final = 1
_PRODUCT: Final = len(QUERY_KINDS)
_FIX: Final = "restore a whole copy of the checkpoint, or delete this file and train without it"


@dataclass(frozen=True, slots=True, eq=False)
class ReplaySet:
    """Features of N pictures: garments on customers' and street photos, and products to search for.

    Attributes:
        features: (N, D) float32, what the network's pooling gave for each.
        kinds: (N,) int64, position in `QUERY_KINDS`; one more for products.
        held_out: (N,) bool, which the network was not trained on; all products that are searched for count as such.
        classes: (N,) int64, position of each picture's class in `names`.
        names: the classes: of photos those of a class map, of products their types.
        fits: for each class the types of products that are right for it, sorted.
    """

    features: NDArray[np.float32]
    kinds: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    classes: NDArray[np.int64]
    names: tuple[str, ...]
    fits: tuple[tuple[str, ...], ...]

    @property
    def products(self) -> NDArray[np.int64]:
        """The rows of products."""
        return np.flatnonzero(self.kinds == _PRODUCT)

    @property
    def training(self) -> NDArray[np.int64]:
        """The rows of garments that may be repeated."""
        return np.flatnonzero((self.kinds != _PRODUCT) & ~self.held_out)

    def queries(self, kind: QueryKind) -> NDArray[np.int64]:
        """The rows of held-out garments of one kind."""
        return np.flatnonzero((self.kinds == QUERY_KINDS.index(kind)) & self.held_out)

    def allowed(self, rows: NDArray[np.int64], types: Sequence[str]) -> NDArray[np.bool_]:
        """Which of some types are right for some rows: (B,) int64 -> (B, types) bool."""
        of_class = np.array([[name in fits for name in types] for fits in map(frozenset, self.fits)], np.bool_)
        return of_class.reshape(len(self.names), len(types))[self.classes[rows]]


def replay_file(folder: Path, version: str) -> Path:
    """Where the replay set of a network lies."""
    return folder / f"{version}.{REPLAY}"


def product_kind() -> int:
    """The kind of products in `ReplaySet.kinds`."""
    return _PRODUCT


def write_replay_set(folder: Path, version: str, network: str, replay: ReplaySet) -> Path:
    """Write a replay set; features are rounded to one byte each, between the extremes of their column.

    Args:
        folder: of the checkpoint.
        version: model version of the network that the features are of.
        network: its backbone.
        replay: what to write.

    Returns:
        The file.
    """
    low, high = replay.features.min(axis=0), replay.features.max(axis=0)
    step = np.maximum(high - low, 1e-12) / 255
    described = {
        "format": _FORMAT,
        "version": version,
        "network": network,
        "names": replay.names,
        "fits": replay.fits,
    }
    tensors = {
        "features": np.rint((replay.features - low) / step).astype(np.uint8),
        "low": low.astype(np.float32),
        "step": step.astype(np.float32),
        "kinds": replay.kinds.astype(np.uint8),
        "held_out": replay.held_out.astype(np.uint8),
        "classes": replay.classes.astype(np.int16),
    }
    path = replay_file(folder, version)
    replace_file(path, save(tensors, {"replay": json.dumps(described)}))
    return path


def read_replay_set(folder: Path, version: str, network: str, features: int) -> ReplaySet | None:
    """Read the replay set that lies beside a network; None if there is none.

    Args:
        folder: of the checkpoint.
        version: its model version.
        network: its backbone.
        features: width of the backbone's pooled features.

    Raises:
        ModelError: the file is damaged, or holds the features of another network.
    """
    path = replay_file(folder, version)
    if not path.exists():
        return None
    try:
        content = path.read_bytes()
        tensors = load(content)
        with safetensors.safe_open(path, "np") as file:
            described = json.loads(file.metadata()["replay"])
        if described["format"] != _FORMAT:
            raise ValueError(f"it has format {described['format']}, and this version reads {_FORMAT}")
        if (described["version"], described["network"]) != (version, network):
            raise ModelError(
                f"{path} holds features of {described['version']} ({described['network']}), "
                f"and not of {version} ({network}); {_FIX}"
            )
        replay = ReplaySet(
            tensors["features"].astype(np.float32) * tensors["step"] + tensors["low"],
            tensors["kinds"].astype(np.int64),
            tensors["held_out"].astype(np.bool_),
            tensors["classes"].astype(np.int64),
            tuple(map(str, described["names"])),
            tuple(tuple(map(str, types)) for types in described["fits"]),
        )
        _check(replay, features)
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise ModelError(f"{path} is damaged ({error!s:.200}); {_FIX}") from error
    return replay


def _check(replay: ReplaySet, features: int) -> None:
    count = len(replay.features)
    if replay.features.shape != (count, features) or not np.isfinite(replay.features).all():
        raise ValueError(f"it has features of shape {replay.features.shape}, not of {features} finite numbers each")
    if any(column.shape != (count,) for column in (replay.kinds, replay.held_out, replay.classes)):
        raise ValueError("its columns have different lengths")
    if len(replay.names) != len(replay.fits):
        raise ValueError("it does not say which types fit each class")
    if count and (replay.kinds.max() > _PRODUCT or not (replay.classes >= 0).all()):
        raise ValueError("it has unknown kinds or classes")
    if count and replay.classes.max() >= len(replay.names):
        raise ValueError("it has unknown kinds or classes")
