"""A garment detector on its way from one checkpoint to another. Does not import torch."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.errors import ModelError
from model.detection.description import (
    DETECTOR,
    DetectorDescription,
    graph_file,
    remove_stale_detectors,
    weights_file,
)
from storage.durable_files import replace_file

_DESCRIPTION = "checkpoint.json"


@dataclass(frozen=True, slots=True, eq=False)
class DetectorFiles:
    """A detector and the content of its files."""

    description: DetectorDescription
    weights: bytes
    graph: bytes

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the files into a folder; returns what `checkpoint.json` has to say about them."""
        version = self.description.version
        replace_file(weights_file(folder, version), self.weights)
        replace_file(graph_file(folder, version), self.graph)
        return self.description.to_json()


def put_detector(folder: Path, detector: DetectorFiles) -> None:
    """Give a checkpoint a detector, in place of the one that it may have.

    Raises:
        ModelError: there is no checkpoint in the folder.
    """
    description = folder / _DESCRIPTION
    try:
        fields = json.loads(description.read_text())
        fields[DETECTOR] = None
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"{description} cannot be read ({error!s:.200}); pass the folder of a whole checkpoint"
        ) from error
    fields[DETECTOR] = detector.write(folder)
    replace_file(description, (json.dumps(fields, indent=1) + "\n").encode())
    remove_stale_detectors(folder, detector.description.version)
