"""Makes the replay set of a network, see `model.training.lookalikes.replay_set`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from contracts.class_map import read_class_map
from contracts.errors import PictureRejected
from contracts.progress import Progress, ProgressBar
from model.backbones import backbone_spec
from model.catalogue.csv_file import read_csv
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from model.shipped_networks import folder_of
from model.torch_loading import load_model
from model.training.lookalikes.forward import pooled_features
from model.training.lookalikes.half_precision import keep_depthwise_float32
from model.training.lookalikes.replay_set import ReplaySet, product_kind, write_replay_set
from pictures.decoding import decode
from tools.train_shipped.class_map import check_class_map
from tools.train_shipped.config import TARGETS
from tools.train_shipped.photo_source import photo_sources
from tools.train_shipped.replay_sample import ReplayCounts, ReplayPicture, product_sample, query_sample
from tools.train_shipped.street_source import street_sources

_AT_ONCE = 32


def make_replay_set(
    checkpoint: str,
    *,
    products: Path,
    photos: Sequence[Path],
    street: Path,
    class_map: Path,
    counts: ReplayCounts,
    progress: ProgressBar,
) -> tuple[Path, ReplaySet]:
    """Write the replay set of a network into the folder of its checkpoint.

    Args:
        checkpoint: folder, or a name in `SHIPPED_FOLDERS`.
        products: CSV with `id`, `image` and the first of `TARGETS`.
        photos: folders of customers' photos; those that `photo_sources` holds out are searched with.
        street: folder of street photos with boxes; likewise.
        class_map: JSON file, see `check_class_map`.
        counts: of the pictures.
        progress: opens a progress bar.

    Returns:
        The file, and what is in it.

    Raises:
        CatalogueError, EmbeddingsError: a source or the class map is wrong.
        ModelError: the network is not available.
    """
    model = load_model(checkpoint)
    classes = read_class_map(class_map)
    shots, streets, shop = photo_sources(photos), street_sources(street), read_csv(products)
    types = {item.id: item.attributes[TARGETS[0]] for item in shop.items if TARGETS[0] in item.attributes}
    check_class_map(classes, frozenset(types.values()), [source.record for source in (*shots, *streets)])
    images = {item.id: shop.folder / item.image for item in shop.items}
    draw = np.random.default_rng(0)
    pictures = query_sample(shots, streets, counts, draw)
    pictures += product_sample(images, types, classes, counts.products, draw)
    with progress("Computing features", "picture") as show:
        features, readable = _features(model.network, model.preprocessing, pictures, show)
    kept = [pictures[row] for row in readable]
    keys = sorted({(picture.kind, picture.name) for picture in kept})
    number = {key: position for position, key in enumerate(keys)}
    replay = ReplaySet(
        features,
        np.array([picture.kind for picture in kept]),
        np.array([picture.held_out for picture in kept]),
        np.array([number[picture.kind, picture.name] for picture in kept]),
        tuple(name for _, name in keys),
        tuple((name,) if kind == product_kind() else tuple(sorted(classes[name])) for kind, name in keys),
    )
    folder = folder_of(checkpoint) or Path(checkpoint)
    return write_replay_set(folder, model.version, model.network.name, replay), replay


def _features(
    network: LookalikeNetwork, preprocessing: Preprocessing, pictures: Sequence[ReplayPicture], progress: Progress
) -> tuple[NDArray[np.float32], list[int]]:
    """The pooled features of the pictures that can be read, and the rows of these."""
    network = network.to(memory_format=torch.channels_last).eval()
    keep_depthwise_float32(network)
    parts = [np.zeros((0, backbone_spec(network.name).features), np.float32)]
    readable: list[int] = []
    for start in range(0, len(pictures), _AT_ONCE):
        rows = range(start, min(start + _AT_ONCE, len(pictures)))
        inputs = [(row, _input(pictures[row], preprocessing)) for row in rows]
        shown = [pixels for _, pixels in inputs if pixels is not None]
        readable += [row for row, pixels in inputs if pixels is not None]
        if shown:
            views = torch.from_numpy(np.stack(shown)).float().div_(255.0)
            with torch.no_grad():
                parts.append(pooled_features(network, views.contiguous(memory_format=torch.channels_last)).numpy())
        progress(rows[-1] + 1, len(pictures))
    return np.concatenate(parts), readable


def _input(picture: ReplayPicture, preprocessing: Preprocessing) -> NDArray[np.uint8] | None:
    """What the network sees of a picture; None if it cannot be read."""
    size, as_srgb = preprocessing.input_size, preprocessing.colours == "srgb"
    try:
        shown = decode(picture.path.read_bytes(), box=picture.box, target=size, as_srgb=as_srgb)
    except (PictureRejected, OSError):
        return None
    return preprocessing.apply(shown.pixels)
