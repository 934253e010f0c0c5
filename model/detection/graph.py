"""A detector's graph: an ONNX file, proven before it is read."""

from pathlib import Path
from typing import Final

from contracts.errors import ModelError
from model.description import damage_named
from model.detection.description import DetectorDescription, graph_file, weights_file
from model.graph import foreign_content
from model.weights_file import tensor_places
from storage.durable_files import FileSeal, seal_problem

SCORES: Final = "scores"
REACHES: Final = "reaches"
# That of the largest trunk has a third.
_MOST_BYTES = 1_000_000
_MOST_WEIGHTS_BYTES = 100_000_000


def checked_weights(folder: Path, detector: DetectorDescription) -> Path:
    """A detector's weights, after proof that they are those that the checkpoint speaks of.

    Raises:
        ModelError: they are missing, torn, or others.
    """
    path = weights_file(folder, detector.version)
    _check(path, detector.weights, _MOST_WEIGHTS_BYTES)
    return path


def checked_graph(folder: Path, detector: DetectorDescription) -> Path:
    """A detector's graph, after proof that it is whole and reads nothing but the detector's weights.

    Raises:
        ModelError: the graph or the weights are missing, torn, or others.
    """
    weights, path = checked_weights(folder, detector), graph_file(folder, detector.version)
    _check(path, detector.graph, _MOST_BYTES)
    with damage_named(folder):
        places_by_name = tensor_places(weights)
        places = {(place.offset, place.length): place for place in places_by_name.values()}
        problem = foreign_content(path, places, weights.name)
    if problem is not None:
        raise _unusable(path, problem)
    scored = places_by_name["scores.bias"].shape[0] if "scores.bias" in places_by_name else 0
    if scored != len(detector.classes):
        raise _unusable(path, f"scores {scored} classes, and its description names {len(detector.classes)}")
    return path


def _check(path: Path, seal: FileSeal, most: int) -> None:
    problem = f"has {seal.bytes:,} bytes, and no detector's has over {most:,}" if seal.bytes > most else None
    problem = problem or seal_problem(path, seal)
    if problem is not None:
        raise _unusable(path, problem)


def _unusable(path: Path, problem: str) -> ModelError:
    return ModelError(
        f"the garment detector's file {path} {problem}; restore a whole copy of the checkpoint, or remove `detector` "
        "from its checkpoint.json to search photos without finding garments"
    )
