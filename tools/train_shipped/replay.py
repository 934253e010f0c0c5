"""Makes the replay set of a network: features of training and held-out pictures, see `model...replay_set`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from contracts.box import Box
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
from model.training.lookalikes.replay_set import QUERY_KINDS, ReplaySet, product_kind, write_replay_set
from pictures.decoding import decode
from tools.train_shipped.class_map import ClassMap, check_class_map, street_class
from tools.train_shipped.config import TARGETS
from tools.train_shipped.photo_source import photo_sources
from tools.train_shipped.records import CATEGORY
from tools.train_shipped.street_source import street_sources

_AT_ONCE = 32
# So many products fit each class, where there are so many: a search for ten can then be all right.
_PRODUCTS_A_CLASS = 15


@dataclass(frozen=True, slots=True)
class ReplayCounts:
    """How many pictures of each kind a replay set has at most. The defaults are those of the shipped one: 3 MB.

    Attributes:
        training: photos, and street garments, to repeat.
        held_out: photos, and street garments, to search with.
        products: to search for.
    """

    training: int = 650
    held_out: int = 250
    products: int = 600


@dataclass(frozen=True, slots=True)
class _Picture:
    path: Path
    box: Box | None
    kind: int
    held_out: bool
    name: str


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
        products: CSV with `id`, `title`, `image` and the first of `TARGETS`.
        photos: folders of customers' photos; those that `photo_sources` holds out are searched with.
        street: folder of street photos with boxes; likewise.
        class_map: JSON file, see `check_class_map`.
        counts: of the pictures.
        progress: opens a progress bar.

    Raises:
        CatalogueError, EmbeddingsError: a source or the class map is wrong.
        ModelError: the network is not available.
    """
    model = load_model(checkpoint)
    folder = folder_of(checkpoint)
    # `load_model` has read a checkpoint, so it has a folder.
    folder = Path(checkpoint) if folder is None else folder
    classes = read_class_map(class_map)
    draw = np.random.default_rng(0)
    taken = _queries(photos, street, draw, counts)
    shop = read_csv(products)
    of_type = {item.id: item.attributes[TARGETS[0]] for item in shop.items if TARGETS[0] in item.attributes}
    check_class_map(
        classes,
        frozenset(of_type.values()),
        [source.record for source in (*photo_sources(photos), *street_sources(street))],
    )
    images = {item.id: shop.root / item.image for item in shop.items}
    chosen = _products(of_type, classes, draw, counts.products)
    taken += [_Picture(images[name], None, product_kind(), True, of_type[name]) for name in chosen]
    network = model.network.to(memory_format=torch.channels_last).eval()
    keep_depthwise_float32(network)
    with progress("Computing features", "picture") as show:
        features, read = _features(network, model.preprocessing, taken, show)
    kept = [picture for picture, is_read in zip(taken, read, strict=True) if is_read]
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
    return write_replay_set(folder, model.version, model.network.name, replay), replay


def _queries(photos: Sequence[Path], street: Path, draw: np.random.Generator, counts: ReplayCounts) -> list[_Picture]:
    found = [
        _Picture(
            source.path, None, QUERY_KINDS.index("phone"), source.record.held_out, source.record.attributes[CATEGORY]
        )
        for source in photo_sources(photos)
    ]
    for source in street_sources(street):
        for garment in source.record.garments:
            name = street_class(garment.category)
            kind = QUERY_KINDS.index("street")
            found.append(_Picture(source.path, Box(*garment.box), kind, source.record.held_out, name))
    chosen: list[_Picture] = []
    for kind in range(len(QUERY_KINDS)):
        for held_out, most in ((False, counts.training), (True, counts.held_out)):
            group = [picture for picture in found if (picture.kind, picture.held_out) == (kind, held_out)]
            chosen += [group[row] for row in _balanced([picture.name for picture in group], most, draw)]
    return chosen


def _balanced(names: Sequence[str], most: int, draw: np.random.Generator) -> list[int]:
    """Rows of at most so many, of small classes more often than their size says; rising."""
    sizes = Counter(names)
    weights = np.array([sizes[name] ** -0.5 for name in names])
    count = min(most, len(names))
    return sorted(draw.choice(len(names), count, replace=False, p=weights / weights.sum()).tolist()) if count else []


def _products(of_type: dict[str, str], classes: ClassMap, draw: np.random.Generator, most: int) -> list[str]:
    """Ids of products: some that fit each class, and others at random."""
    names = [str(name) for name in draw.permutation(sorted(of_type))]
    chosen: dict[str, None] = {}
    for fits in classes.values():
        chosen |= dict.fromkeys([name for name in names if of_type[name] in fits][:_PRODUCTS_A_CLASS])
    chosen |= dict.fromkeys(names[: max(0, most - len(chosen))])
    return sorted(chosen)


def _features(
    network: LookalikeNetwork, preprocessing: Preprocessing, pictures: Sequence[_Picture], progress: Progress
) -> tuple[NDArray[np.float32], list[bool]]:
    """The pooled features of those that can be read, and which these are."""
    parts = [np.zeros((0, backbone_spec(network.name).features), np.float32)]
    read: list[bool] = []
    for start in range(0, len(pictures), _AT_ONCE):
        inputs = [_input(picture, preprocessing) for picture in pictures[start : start + _AT_ONCE]]
        read += [each is not None for each in inputs]
        shown = [each for each in inputs if each is not None]
        if shown:
            views = torch.from_numpy(np.stack(shown)).float().div_(255.0)
            with torch.no_grad():
                parts.append(pooled_features(network, views.contiguous(memory_format=torch.channels_last)).numpy())
        progress(len(read), len(pictures))
    return np.concatenate(parts), read


def _input(picture: _Picture, preprocessing: Preprocessing) -> NDArray[np.uint8] | None:
    try:
        shown = decode(
            picture.path.read_bytes(),
            box=picture.box,
            target=preprocessing.input_size,
            as_srgb=preprocessing.colours == "srgb",
        )
    except PictureRejected:
        return None
    return preprocessing.apply(shown.pixels)
