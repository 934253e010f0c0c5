"""The trained networks that ship with the project, and what names a network. Does not import torch."""

from pathlib import Path

from contracts.embedding_set import ModelIdentity
from contracts.networks import SHIPPED_NETWORK, is_foreign

SHIPPED = "shipped"
# Before the name of a backbone: its ImageNet weights and a fixed projection.
IMAGENET_PREFIX = "imagenet:"
_FOLDER = Path(__file__).parent / "shipped"
_WEIGHTS = ".weights.safetensors"


def _version(folder: Path) -> str:
    (weights,) = folder.glob(f"*{_WEIGHTS}")
    return weights.name.removesuffix(_WEIGHTS)


_NETWORKS = sorted(folder for folder in _FOLDER.iterdir() if folder.is_dir())
# By `shipped`, by architecture and by model version. Versions never change their meaning, so they are what an index
# is served with after the default has changed.
SHIPPED_FOLDERS = {
    SHIPPED: _FOLDER / SHIPPED_NETWORK,
    **{f"{SHIPPED}:{folder.name}": folder for folder in _NETWORKS},
    **{f"{SHIPPED}:{_version(folder)}": folder for folder in _NETWORKS},
}


def shipped_version() -> str:
    """Model version of the default network."""
    return _version(SHIPPED_FOLDERS[SHIPPED])


def source_of(model: ModelIdentity) -> str:
    """What to load to embed with a model again.

    Its own source, except that `shipped` may have meant another network when its embeddings were made: then the network
    of that version, if it still ships with the project.
    """
    exact = f"{SHIPPED}:{model.version}"
    named = model.source == SHIPPED or model.source.startswith(f"{SHIPPED}:")
    return exact if named and exact in SHIPPED_FOLDERS else model.source


def folder_of(source: str) -> Path | None:
    """The checkpoint's folder that a source names; None for a backbone with the weights that it was published with."""
    if source in SHIPPED_FOLDERS:
        return SHIPPED_FOLDERS[source]
    return None if is_published(source) else Path(source)


def is_published(source: str) -> bool:
    """Whether a source is a backbone with the weights that it was published with, which has no checkpoint."""
    return source.startswith(IMAGENET_PREFIX) or is_foreign(source)


def lasting_source(source: str) -> str:
    """A source as an index keeps it: by which the network can be loaded from any working folder."""
    named = is_published(source) or source in SHIPPED_FOLDERS
    return source if named else str(Path(source).resolve())
