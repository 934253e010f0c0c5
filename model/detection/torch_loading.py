"""Loads a garment detector's network into torch."""

from pathlib import Path

from safetensors.torch import load_file

from contracts.errors import ModelError
from model.description import damage_named
from model.detection.description import DetectorDescription
from model.detection.network import GarmentNetwork


def load_garment_network(weights: Path, detector: DetectorDescription) -> GarmentNetwork:
    """A network with the weights of a checked file, in eval mode.

    Raises:
        ModelError: the weights are of another architecture than the description says.
    """
    with damage_named(weights.parent):
        state = load_file(weights)
        network = GarmentNetwork(detector.network, detector.classes)
    wanted = network.state_dict()
    if state.keys() != wanted.keys() or any(state[name].shape != wanted[name].shape for name in wanted):
        raise ModelError(
            f"{weights} holds weights of another architecture than a detector on {detector.network} with "
            f"{len(detector.classes)} classes; restore a whole copy of the checkpoint"
        )
    network.load_state_dict(state)
    return network.eval()
