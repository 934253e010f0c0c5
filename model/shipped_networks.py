"""The trained networks that ship with the project, with model cards beside the weights. Does not import torch."""

from pathlib import Path

from contracts.networks import SHIPPED_NETWORK

SHIPPED = "shipped"
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


def source_of_version(source: str, version: str) -> str:
    """The source that embeddings can be made with again.

    Args:
        source: that they were made with. `shipped` may have been another network then.
        version: model version that they were made with.

    Returns:
        `source`, or `shipped:<version>` if the source was a network of the project that still ships with it.
    """
    exact = f"{SHIPPED}:{version}"
    named = source == SHIPPED or source.startswith(f"{SHIPPED}:")
    return exact if named and exact in SHIPPED_FOLDERS else source
