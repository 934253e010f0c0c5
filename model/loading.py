"""From what `--checkpoint` or `--network` names to an engine."""

from pathlib import Path

import torch

from contracts.embedding_set import ONE_PART, ModelIdentity
from model.allocator import keep_freed_memory
from model.backbones import backbone_spec
from model.checkpoint import Checkpoint, load_checkpoint
from model.engine import Engine
from model.network import imagenet_network
from model.preprocessing import Preprocessing
from model.shipped_networks import SHIPPED_FOLDERS
from model.version import model_version

IMAGENET_PREFIX = "imagenet:"
DEFAULT_INPUT_SIZE = 224


def load_model(source: str) -> Checkpoint:
    """A network by its source.

    Args:
        source: a checkpoint folder; `shipped` for the trained network that comes with the project; or
            `imagenet:<network>` for ImageNet weights and the fixed projection.

    Raises:
        ModelError: it cannot be had; says what to pass instead.
    """
    if source in SHIPPED_FOLDERS:
        return load_checkpoint(SHIPPED_FOLDERS[source])
    if not source.startswith(IMAGENET_PREFIX):
        return load_checkpoint(Path(source))
    name = source.removeprefix(IMAGENET_PREFIX)
    spec = backbone_spec(name)
    preprocessing = Preprocessing(DEFAULT_INPUT_SIZE, "unframe", spec.mean, spec.std)
    network = imagenet_network(name)
    return Checkpoint(network, preprocessing, model_version(network, preprocessing), {}, ONE_PART)


def load_engine(source: str, *, device: str = "auto", precision: str = "auto", threads: int | None = None) -> Engine:
    """An engine for a source, see `load_model`.

    Args:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        precision: `auto`, `float32`, `bfloat16` or `float16`.
        threads: of a forward pass on the CPU; None leaves torch's own choice.

    Raises:
        ModelError: the network or the device cannot be had.
    """
    keep_freed_memory()
    threads = threads or torch.get_num_threads()
    # On one thread: OpenMP keeps a pool for each thread that calls it, and a second pool on the same cores, of the
    # thread that embeds, would make both of them sleep and wake within each layer.
    torch.set_num_threads(1)
    try:
        checkpoint = load_model(source)
        named = source.startswith(IMAGENET_PREFIX) or source in SHIPPED_FOLDERS
        absolute = source if named else str(Path(source).resolve())
        identity = ModelIdentity(
            checkpoint.version,
            checkpoint.network.name,
            absolute,
            checkpoint.preprocessing.input_size,
            checkpoint.parts,
        )
        return Engine(
            checkpoint.network,
            checkpoint.preprocessing,
            identity,
            device=device,
            precision=precision,
            threads=threads,
        )
    finally:
        torch.set_num_threads(threads)
