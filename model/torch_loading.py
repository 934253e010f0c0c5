"""Loads networks into torch: for training, and for the torch engine."""

import torch

from contracts.embedding_set import ONE_PART, ModelIdentity
from contracts.networks import is_foreign
from model.backbones import backbone_spec
from model.checkpoint import Checkpoint, load_checkpoint, version_of
from model.engines.torch_engine import TorchEngine
from model.held_out_record import held_out_by
from model.network import published_network
from model.preprocessing import Preprocessing
from model.published_networks import load_foreign
from model.shipped_networks import IMAGENET_PREFIX, folder_of, lasting_source


def load_model(source: str) -> Checkpoint:
    """Load a network by its source.

    Args:
        source: a checkpoint folder; `shipped` or another name in `SHIPPED_FOLDERS` for a network that ships with the
            project; or, with the fixed projection, `imagenet:<network>` for ImageNet weights, `timm:NAME` or
            `open_clip:MODEL/PRETRAINED`.

    Raises:
        ModelError: the network is not available; says what to pass instead.
    """
    folder = folder_of(source)
    if folder is not None:
        return load_checkpoint(folder)
    if is_foreign(source):
        return load_foreign(source)
    spec = backbone_spec(source.removeprefix(IMAGENET_PREFIX))
    preprocessing = Preprocessing(spec.input_size, spec.fit, spec.mean, spec.std)
    network = published_network(spec)
    return Checkpoint(network, preprocessing, version_of(network, preprocessing), {}, ONE_PART)


def load_torch_engine(
    source: str, *, device: str = "auto", precision: str = "auto", threads: int | None = None
) -> TorchEngine:
    """Load the torch engine by the source of its network, see `load_model`.

    Args:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        precision: `auto`, `float32`, `bfloat16` or `float16`.
        threads: of forward passes on the CPU; None: as many as torch uses.

    Raises:
        ModelError: the network or the device is not available.
    """
    threads = threads or torch.get_num_threads()
    # Load on one thread. OpenMP keeps a pool of threads for each calling thread. A pool of this thread and one of the
    # thread that embeds would compete for the same cores in each layer.
    torch.set_num_threads(1)
    try:
        checkpoint = load_model(source)
        identity = ModelIdentity(
            checkpoint.version,
            checkpoint.network.name,
            lasting_source(source),
            checkpoint.preprocessing.input_size,
            checkpoint.parts,
            held_out_by(checkpoint.training),
        )
        return TorchEngine(
            checkpoint.network,
            checkpoint.preprocessing,
            identity,
            device=device,
            precision=precision,
            threads=threads,
        )
    finally:
        torch.set_num_threads(threads)
