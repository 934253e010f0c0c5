"""Trains the default recipe on a catalogue small enough for a unit test."""

import dataclasses
from pathlib import Path

from contracts.items import Item
from evaluation.served_measure import DefaultIndex
from model.catalogue.catalogue import Catalogue
from model.training.epochs import EpochReport, EpochZero
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.photos import Photos
from model.training.lookalikes.street import Street
from model.training.lookalikes.training import LookalikeReport, train_lookalikes
from tests.model.training_catalogue import COLOURS, colour_catalogue, write_picture

CONFIG = LookalikeConfig(
    network="resnet18", start="random", targets=("category", "cut"), epochs=3, batch_size=8, input_size=32, seed=3
)


def two_target_catalogue(root: Path) -> Catalogue:
    """Items of three colours below `root`, each wide or slim."""
    made = colour_catalogue(root)
    items = [
        dataclasses.replace(item, attributes={**item.attributes, "cut": "wide" if row % 2 else "slim"})
        for row, item in enumerate(made.items)
    ]
    return dataclasses.replace(made, items=items)


def colour_photos(root: Path) -> Photos:
    """One photo of each colour below `root`, and a map from its class to the catalogue's."""
    items = []
    for number, (name, colour) in enumerate(COLOURS.items()):
        write_picture(root / f"{number}.png", colour, 99 + number)
        items.append(Item(f"{number}.png", f"{number}.png", {"category": f"photo of {name}"}))
    class_map = {f"photo of {name}": frozenset({name}) for name in COLOURS}
    return Photos(Catalogue(root, items, "folder"), class_map)


def train(
    catalogue: Catalogue,
    out: Path,
    config: LookalikeConfig = CONFIG,
    *,
    photos: Photos | None = None,
    street: Street | None = None,
    resume: bool = False,
    keep_state: bool = False,
    stop_after: int = 99,
) -> LookalikeReport:
    def stop(epoch: EpochReport | EpochZero) -> None:
        if epoch.epoch == stop_after:
            raise KeyboardInterrupt

    return train_lookalikes(
        catalogue,
        out,
        config,
        DefaultIndex(),
        photos=photos,
        street=street,
        device="cpu",
        resume=resume,
        keep_state=keep_state,
        workers=1,
        on_epoch=stop,
    )
