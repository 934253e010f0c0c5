"""Adds a graph in int8 to a checkpoint. Does not import torch."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.description import DESCRIPTION, Description, check_weights, damage_named
from model.detection.carrying import detector_of
from model.detection.description import remove_stale_detectors
from model.graph import checked_graph, graph_file, int8_graph_file
from model.quantising import quantised_graph
from model.stale_files import remove_stale
from storage.durable_files import replace_file, seal_file


def export_int8(description: Description, pictures: NDArray[np.uint8], out: Path) -> None:
    """Write a checkpoint with a graph in int8 beside its graph in float32.

    Args:
        description: of the checkpoint.
        pictures: (N, 3, S, S) uint8, fitted for the network; the scales are calibrated on them.
        out: folder of the new checkpoint, which may be that of the old one; made if missing.

    Raises:
        ModelError: the checkpoint has no graph in float32, or is damaged.
        OSError: the folder cannot be written.
    """
    check_weights(description)
    graph = checked_graph(description)
    quantised = quantised_graph(graph, pictures)
    with damage_named(description.folder):
        fields = json.loads((description.folder / DESCRIPTION).read_text())
        kept = [(description.weights, out / description.weights.name), (graph, graph_file(out, description.version))]
        contents = [(target, file.read_bytes()) for file, target in kept]
    detector = detector_of(str(description.folder))
    out.mkdir(parents=True, exist_ok=True)
    if out.resolve() != description.folder.resolve():
        for target, content in contents:
            replace_file(target, content)
        if detector is not None:
            detector.write(out)
    file = int8_graph_file(out, description.version)
    replace_file(file, quantised)
    fields["int8_graph"] = asdict(seal_file(file))
    replace_file(out / DESCRIPTION, (json.dumps(fields, indent=1) + "\n").encode())
    remove_stale(out, description.version)
    remove_stale_detectors(out, None if detector is None else detector.description.version)
