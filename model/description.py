"""What a checkpoint's `checkpoint.json` says, and the proof that the weights are its own. Does not import torch."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
from safetensors.numpy import load_file

from contracts.embedding_set import ONE_PART, TWO_PARTS, parse_parts
from contracts.errors import ModelError
from model.detection.description import DETECTOR, DetectorDescription
from model.preprocessing import Preprocessing
from model.version import model_version
from storage.durable_files import FileSeal

DESCRIPTION = "checkpoint.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Description:
    """A checkpoint's description.

    Attributes:
        folder: of the checkpoint.
        version: model version, as the description says; not compared with the weights yet.
        weights: file of the weights.
        network: name of the architecture.
        categories: class names in the order of the network's logits.
        parts: widths of the embedding's parts.
        training: configuration and metrics, JSON types.
        graph: size and SHA-256 of the network's graph, None where the checkpoint has none.
        int8_graph: the same of its graph in int8.
        architecture: what else builds the network, see `model.backbone_spec`.
        without_graph: why the network could not be written as a graph, None where it was, or was never tried.
        origin: what a network that was never trained here was made from, JSON types; None for others.
        detector: of garments in photos, None where the checkpoint has none.
    """

    folder: Path
    version: str
    weights: Path
    network: str
    categories: tuple[str, ...]
    parts: tuple[int, ...]
    preprocessing: Preprocessing
    training: Mapping[str, Any]
    graph: FileSeal | None
    int8_graph: FileSeal | None = None
    architecture: Mapping[str, Any] | None = None
    without_graph: str | None = None
    origin: Mapping[str, Any] | None = None
    detector: DetectorDescription | None = None

    def graph_in(self, precision: str) -> FileSeal | None:
        """The graph that computes in a precision."""
        return self.int8_graph if precision.startswith("int8") else self.graph


def read_description(folder: Path) -> Description:
    """Read a checkpoint's description.

    Raises:
        ModelError: it is missing, torn, or of another format.
    """
    file = folder / DESCRIPTION
    with damage_named(folder):
        fields = json.loads(file.read_text())
        if fields["format"] != FORMAT:
            raise ModelError(
                f"{file} has format {fields['format']!r:.40}, and this version of Lookalike reads {FORMAT}; install "
                "the version that wrote it, or a newer one"
            )
        raw = fields["preprocessing"]
        return Description(
            folder=folder,
            version=str(fields["version"]),
            # Only a plain name: a path in the description would reach outside the folder.
            weights=folder / Path(fields["weights"]).name,
            network=fields["network"],
            categories=tuple(fields["categories"]),
            parts=_parts(fields),
            preprocessing=Preprocessing(
                raw["input_size"], raw["fit"], tuple(raw["mean"]), tuple(raw["std"]), raw.get("colours", "stored")
            ),
            training=dict(fields["training"]),
            graph=_seal(fields.get("graph")),
            int8_graph=_seal(fields.get("int8_graph")),
            architecture=fields.get("architecture"),
            without_graph=fields.get("without_graph"),
            origin=fields.get("origin"),
            detector=_detector(fields.get(DETECTOR)),
        )


def check_weights(description: Description) -> None:
    """Prove that the weights are those that the description speaks of.

    Raises:
        ModelError: they are missing, torn, or others.
    """
    with damage_named(description.folder):
        weights = load_file(description.weights)
        found = model_version(description.network, weights, description.preprocessing)
    check_version(description, found)


def check_version(description: Description, found: str) -> None:
    """Compare the version that a description says with that of the weights.

    Raises:
        ModelError: they differ.
    """
    if found != description.version:
        raise ModelError(
            f"the checkpoint in {description.folder} says it is {description.version}, but its weights are {found}; "
            "restore a whole copy"
        )


@contextmanager
def damage_named(folder: Path) -> Iterator[None]:
    """Turn what goes wrong while a checkpoint is read into a `ModelError` that says what to do."""
    try:
        yield
    except FileNotFoundError as error:
        raise ModelError(
            f"there is no checkpoint in {folder} ({error.filename or error} is missing); "
            "pass the folder that `lookalike train` wrote"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, safetensors.SafetensorError) as error:
        raise ModelError(
            f"the checkpoint in {folder} is damaged ({error!s:.300}); train again or restore a copy"
        ) from error


def _seal(fields: Mapping[str, Any] | None) -> FileSeal | None:
    return None if fields is None else FileSeal(bytes=int(fields["bytes"]), sha256=str(fields["sha256"]))


def _detector(fields: Mapping[str, Any] | None) -> DetectorDescription | None:
    return None if fields is None else DetectorDescription.parse(fields)


def _parts(fields: Mapping[str, Any]) -> tuple[int, ...]:
    if "parts" in fields:
        return parse_parts(fields["parts"])
    # Written before checkpoints named their parts: two of them where the training had a share for the first.
    return TWO_PARTS if "first_share" in fields["training"] else ONE_PART
