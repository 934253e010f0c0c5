"""Takes a checkpoint's garment detector along into another checkpoint. Does not import torch."""

from contracts.errors import ModelError
from model.description import read_description
from model.detection.files import DetectorFiles
from model.detection.graph import checked_graph, checked_weights
from model.shipped_networks import folder_of


def detector_of(source: str) -> DetectorFiles | None:
    """The garment detector that belongs to a network, None if it has none.

    Args:
        source: a checkpoint folder; `shipped` or another name in `SHIPPED_FOLDERS`; or what has no folder.

    Raises:
        ModelError: the checkpoint or its detector is missing or damaged.
    """
    folder = folder_of(source)
    detector = None if folder is None else read_description(folder).detector
    if folder is None or detector is None:
        return None
    weights, graph = checked_weights(folder, detector), checked_graph(folder, detector)
    try:
        return DetectorFiles(detector, weights.read_bytes(), graph.read_bytes())
    except OSError as error:
        raise ModelError(f"the garment detector in {folder} cannot be read: {error.strerror or error}") from error
