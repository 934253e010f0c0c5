"""What a checkpoint's `checkpoint.json` says about its garment detector. Does not import torch."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from model.detection.grid import COARSEST
from storage.durable_files import FileSeal

# The name of the member of `checkpoint.json`.
DETECTOR: Final = "detector"
# Says how photos are fitted and outputs are read; a change of either is another version of the same weights.
_FITTING: Final = "corner-127-1"
_MOST_INPUT_SIZE = 1024
# Unlike those of the network that embeds, so that neither is taken for the other.
_WEIGHTS, _GRAPH = "detector.safetensors", "detector.onnx"
_VERSION = re.compile(r"[a-z0-9_]{1,64}-garments-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class DetectorDescription:
    """A garment detector that belongs to a checkpoint.

    Attributes:
        version: of the weights, the classes and how photos are fitted.
        network: name of the trunk.
        classes: kinds of garments in the order of the scores.
        input_size: side of the square that photos are fitted into, pixels.
        weights, graph: size and SHA-256 of its files, whose names follow from the version.
        training: configuration and scores, JSON types.
    """

    version: str
    network: str
    classes: tuple[str, ...]
    input_size: int
    weights: FileSeal
    graph: FileSeal
    training: Mapping[str, Any]

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        version, classes, side = str(fields["version"]), tuple(map(str, fields["classes"])), int(fields["input_size"])
        if _VERSION.fullmatch(version) is None:
            raise ValueError(f"{version!r:.80} is no version of a detector")
        if not 1 <= len(set(classes)) == len(classes) or "" in classes:
            raise ValueError("the detector's classes are no list of different names")
        if side % COARSEST or not COARSEST <= side <= _MOST_INPUT_SIZE:
            raise ValueError(f"the detector's input size {side} is no multiple of {COARSEST} up to {_MOST_INPUT_SIZE}")
        return cls(
            version=version,
            network=str(fields["network"]),
            classes=classes,
            input_size=side,
            weights=_seal(fields["weights"]),
            graph=_seal(fields["graph"]),
            training=dict(fields["training"]),
        )

    def to_json(self) -> dict[str, Any]:
        """All fields, JSON types."""
        return {
            "version": self.version,
            "network": self.network,
            "classes": list(self.classes),
            "input_size": self.input_size,
            "weights": {"bytes": self.weights.bytes, "sha256": self.weights.sha256},
            "graph": {"bytes": self.graph.bytes, "sha256": self.graph.sha256},
            "training": dict(self.training),
        }


def weights_file(folder: Path, version: str) -> Path:
    """Where the weights of a detector lie."""
    return folder / f"{version}.{_WEIGHTS}"


def graph_file(folder: Path, version: str) -> Path:
    """Where the graph of a detector lies."""
    return folder / f"{version}.{_GRAPH}"


def remove_stale_detectors(folder: Path, version: str | None) -> None:
    """Delete the files of all detectors but one; of all if there is none."""
    for ending in (_WEIGHTS, _GRAPH):
        for stale in folder.glob(f"*.{ending}"):
            if version is None or stale.name != f"{version}.{ending}":
                stale.unlink(missing_ok=True)


def detector_version(
    network: str, classes: tuple[str, ...], input_size: int, weights: Mapping[str, NDArray[Any]]
) -> str:
    """Name of the trunk, `-garments-`, and 12 hexadecimal digits of a hash of everything that changes an answer.

    Args:
        network: name of the trunk.
        classes: in the order of the scores.
        input_size: pixels.
        weights: tensors by their names, as they are in the file.
    """
    digest = hashlib.sha256("\n".join((_FITTING, str(input_size), *classes)).encode())
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name}:{tensor.dtype}:{tensor.shape};".encode())
        digest.update(np.ascontiguousarray(tensor).data)
    return f"{network}-garments-{digest.hexdigest()[:12]}"


def _seal(fields: Mapping[str, Any]) -> FileSeal:
    return FileSeal(bytes=int(fields["bytes"]), sha256=str(fields["sha256"]))
