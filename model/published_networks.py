"""Networks of timm and OpenCLIP as they were published, made ready to embed."""

from pathlib import Path
from typing import Literal

from contracts.embedding_set import ONE_PART
from model.backbones import backbone_spec
from model.checkpoint import Checkpoint, round_weights, version_of
from model.network import published_network
from model.preprocessing import Preprocessing

FitChoice = Literal["own", "unframe"]


def load_foreign(name: str, weights: Path | None = None, fit: FitChoice = "own") -> Checkpoint:
    """A network with the weights that it was published with, and the fixed projection.

    Its weights are rounded as a checkpoint rounds them, so that both have the same model version.

    Args:
        name: `timm:NAME` or `open_clip:MODEL/PRETRAINED`.
        weights: a safetensors file to take instead.
        fit: `own` fits pictures as the network's training did; `unframe` shows the whole picture, without its frame, as
            our own training does. Size and normalisation are the network's own in both cases.

    Raises:
        ModelError: there is no such network, or its weights are not available or another architecture's.
    """
    spec = backbone_spec(name)
    preprocessing = Preprocessing(spec.input_size, spec.fit if fit == "own" else "unframe", spec.mean, spec.std, "srgb")
    network = published_network(spec, weights)
    round_weights(network)
    return Checkpoint(network, preprocessing, version_of(network, preprocessing), {}, ONE_PART)
