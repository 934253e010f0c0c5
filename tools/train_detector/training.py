"""The whole training: from folders of pictures to a detector in a checkpoint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from contracts.errors import CatalogueError
from model.backbones import backbone_spec, published_state
from model.detection.export import write_detector
from model.detection.network import GarmentNetwork
from tools.train_detector.classes import CLASSES
from tools.train_detector.config import TrainingConfig
from tools.train_detector.cut_outs import cut_outs
from tools.train_detector.photos import phone_photos, street_photos
from tools.train_detector.trainer import Step, train_detector
from tools.train_detector.views import Views

# Larger customers' photos than a view can show.
_PHONE_SIDE = 320


@dataclass(frozen=True, slots=True)
class TrainingSources:
    """What a training learns from.

    Attributes:
        street: folder of street photos with `boxes.csv`.
        phone: folders of customers' photos, a folder for each class.
        products: CSV of products.
        large_products: folder of their pictures, each called `<id>.jpg`.
    """

    street: Path
    phone: Sequence[Path]
    products: Path
    large_products: Path


def train_into(
    checkpoint: Path,
    sources: TrainingSources,
    config: TrainingConfig,
    *,
    workers: int,
    report: Callable[[Step], None],
) -> str:
    """Train a detector and put it into a checkpoint.

    Args:
        checkpoint: folder of the checkpoint.
        sources: pictures.
        config: the settings.
        workers: threads.
        report: called after each step.

    Returns:
        The detector's version.

    Raises:
        CatalogueError: a source is wrong, or has nothing to learn from.
        ModelError: there is no checkpoint in the folder, or ImageNet weights are not available.
    """
    street = street_photos(sources.street, longer_side=config.photo_side, workers=workers)
    phone = phone_photos(sources.phone, longer_side=_PHONE_SIDE, workers=workers)
    generator = np.random.default_rng(config.seed)
    products = cut_outs(
        sources.products, sources.large_products, most=config.cut_outs, generator=generator, workers=workers
    )
    boxed = [photo for photo in street.training if len(photo.boxes)]
    shown = [photo for photo in phone.training if len(photo.boxes)]
    if not boxed or not shown:
        raise CatalogueError(
            f"{sources.street if not boxed else sources.phone[0]} has no photo of a garment that the detector knows "
            f"({', '.join(CLASSES)}); check the classes"
        )
    network = initial_network(config)
    views = [Views(boxed, shown, products, config.views, generator.spawn(1)[0]) for _ in range(workers)]
    trained = train_detector(network, views, config, report=lambda step, _average: report(step))
    facts = {
        "street_photos": len(boxed),
        "garments": sum(len(photo.boxes) for photo in boxed),
        "phone_photos": len(shown),
        "cut_out_products": len(products),
    }
    return write_detector(checkpoint, trained, config.input_size, {**config.to_json(), **facts})


def initial_network(config: TrainingConfig) -> GarmentNetwork:
    """A network whose trunk has its ImageNet weights.

    Raises:
        ModelError: they are not available.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = GarmentNetwork(config.network, CLASSES)
    published = published_state(backbone_spec(config.network))
    state = {name.removeprefix("network."): value for name, value in published.items()}
    trunk: nn.Module = network.trunk
    trunk.load_state_dict({name: state[name] for name in trunk.state_dict()})
    return network
