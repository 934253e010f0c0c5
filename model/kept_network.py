"""The network of timm or OpenCLIP that embeddings are made with: a checkpoint in their own folder.

A worker loads the network again when the embeddings have become an index. By then the hub may have other weights, the
file of --weights may be gone, and a projection that was fitted to the catalogue exists nowhere else. The checkpoint has
all of it, and a graph, with which a worker needs neither torch nor timm nor OpenCLIP.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from contracts.errors import EmbeddingsError, ModelError
from contracts.progress import Progress, ProgressBar
from model.catalogue.catalogue import Catalogue
from model.checkpoint import Checkpoint, save_checkpoint
from model.description import DESCRIPTION, read_description
from model.engines.pooling_engine import pooling_engine
from model.fitted_projection import pca_projection
from model.journal import JOURNAL
from model.picture_reading import read_pictures
from model.published_networks import FitChoice, load_foreign
from storage.embeddings_folder import read_identity
from storage.held_folder import held

NETWORK_FOLDER = "network"
# A PCA to 512 dimensions changes little beyond this number of pictures.
_PCA_PICTURES = 4_096
_BATCH = 64


@dataclass(frozen=True, slots=True)
class ForeignNetwork:
    """What was asked for.

    Attributes:
        source: `timm:NAME` or `open_clip:MODEL/PRETRAINED`.
        weights: a safetensors file to take instead of the published weights.
        fit: see `model.published_networks.load_foreign`.
        projection: `fixed`, or `pca` for one that is fitted to the catalogue.
    """

    source: str
    weights: Path | None = None
    fit: FitChoice = "own"
    projection: Literal["fixed", "pca"] = "fixed"

    def origin(self) -> dict[str, Any]:
        """What the network is made from, JSON types.

        Raises:
            ModelError: the file of weights cannot be read.
        """
        return {
            "source": self.source,
            "weights": None if self.weights is None else _digest(self.weights),
            "fit": self.fit,
            "projection": self.projection,
        }


def kept_network(
    folder: Path,
    wanted: ForeignNetwork,
    catalogue: Catalogue,
    *,
    device: str,
    workers: int,
    progress: ProgressBar,
) -> Path:
    """Make the network that a folder's embeddings are to be made with, unless the folder has it.

    Args:
        folder: of the embeddings; made if missing.
        catalogue: whose pictures a PCA is fitted to.
        device: `auto`, `cpu`, `cuda` or `cuda:N`, for the pictures of a PCA.
        workers: threads that read pictures.
        progress: makes a progress bar from a label and a unit.

    Returns:
        The folder of the checkpoint.

    Raises:
        EmbeddingsError: the folder has embeddings of another network, or another extraction is writing into it; or
            there are too few pictures for a PCA.
        ModelError: the network, its weights or the device are not available.
    """
    origin = wanted.origin()
    kept = folder / NETWORK_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    busy = EmbeddingsError(
        f"another extraction is writing into {folder}; wait for it to end, or choose another --out folder"
    )
    with held(folder / ".lock", busy):
        if (kept / DESCRIPTION).exists() and read_description(kept).origin == origin:
            return kept
        before = read_identity(folder)
        if before is not None or (folder / JOURNAL).exists():
            raise EmbeddingsError(
                f"{folder} holds embeddings of {'another network' if before is None else before.version}, and not of "
                f"{wanted.source} as it is asked for now{_differences(kept, origin)}; leave the network out to bring "
                "them up to date with theirs, or choose another --out folder"
            )
        loaded = load_foreign(wanted.source, wanted.weights, wanted.fit)
        if wanted.projection == "pca":
            with progress("Fitting the projection", "picture") as show:
                features = _pooled(loaded, catalogue, device, workers, show)
            weight, bias = pca_projection(features)
            with torch.no_grad():
                loaded.network.projection.weight.copy_(torch.from_numpy(weight))
                loaded.network.projection.bias.copy_(torch.from_numpy(bias))
        save_checkpoint(kept, loaded.network, loaded.preprocessing, {}, origin=origin)
    return kept


def _differences(kept: Path, origin: Mapping[str, Any]) -> str:
    if not (kept / DESCRIPTION).exists():
        return ""
    before = read_description(kept).origin or {}
    differing = [name for name in origin if before.get(name) != origin[name]]
    return f" (it differs in: {', '.join(differing)})"


def _pooled(
    loaded: Checkpoint, catalogue: Catalogue, device: str, workers: int, progress: Progress
) -> NDArray[np.float32]:
    """Pooled features of pictures from all over the catalogue, which is often sorted by kind: (N, F) float32."""
    items = catalogue.items
    rows = np.unique(np.linspace(0, len(items) - 1, min(len(items), _PCA_PICTURES)).astype(int))
    engine = pooling_engine(loaded.network, loaded.preprocessing, device=device)
    pictures = read_pictures(
        [items[row] for row in rows],
        catalogue.root,
        known=(),
        fit=engine.preprocess,
        target=engine.input_size,
        as_srgb=engine.as_srgb,
        workers=workers,
        ahead=4 * _BATCH,
        follow_links=catalogue.follow_links,
    )
    waiting: dict[bytes, NDArray[np.uint8]] = {}
    seen: set[bytes] = set()
    features = [np.empty((0, loaded.network.spec.features), np.float32)]
    for done, picture in enumerate(pictures, 1):
        if picture.key is not None and picture.fitted is not None and picture.key not in seen:
            seen.add(picture.key)
            waiting[picture.key] = picture.fitted
        if waiting and (len(waiting) == _BATCH or done == len(rows)):
            features.append(engine.embed(np.stack(list(waiting.values()))).embeddings)
            waiting.clear()
        progress(done, len(rows))
    return np.concatenate(features)


def _digest(weights: Path) -> str:
    try:
        with weights.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"the weights {weights} cannot be read ({error.strerror or error}); pass the path of a file"
        ) from error
