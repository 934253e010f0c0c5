"""The trained network that a training begins with, kept beside the one that is trained."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from model.backbones import backbone_spec
from model.shipped_networks import folder_of
from model.torch_loading import load_model
from model.training.lookalikes.losses.term import ReplayedFeatures
from model.training.lookalikes.replay_set import ReplaySet, read_replay_set
from model.training.lookalikes.teacher import Teacher


@dataclass(frozen=True, slots=True, eq=False)
class KeptNetwork:
    """A network as it was before training.

    Attributes:
        teacher: embeds as it did.
        replay: features of pictures that it was trained and tested on; None if it comes without.
        replayed: those of them to train on, on the device; None without them.
    """

    teacher: Teacher
    replay: ReplaySet | None
    replayed: ReplayedFeatures | None


def kept_network(source: str, version: str | None, types: Sequence[str], device: torch.device) -> KeptNetwork | None:
    """Load the network that a training begins with once more.

    Args:
        source: of its weights, as in the configuration.
        version: its model version; None for weights that were never trained on fashion.
        types: values of the first target.
        device: where it runs.

    Returns:
        None from untrained weights.

    Raises:
        ModelError: the network is not available, or its replay set is damaged or of another network.
    """
    if version is None:
        return None
    checkpoint = load_model(source)
    folder, name = folder_of(source), checkpoint.network.name
    replay = None
    if folder is not None:
        replay = read_replay_set(folder, version, name, backbone_spec(name).features)
    replayed = None
    if replay is not None:
        rows = replay.training
        replayed = ReplayedFeatures(
            torch.from_numpy(replay.features[rows]).to(device), torch.from_numpy(replay.allowed(rows, types)).to(device)
        )
    return KeptNetwork(Teacher(checkpoint, device), replay, replayed)
