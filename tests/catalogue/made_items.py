"""Items for the tests of the catalogue."""

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from catalogue.items import Put
from contracts.changed_item import ChangedItem
from contracts.items import Item

MODEL = "resnet18-0123456789ab"


def content(seed: int) -> bytes:
    return hashlib.sha256(f"picture {seed}".encode()).digest()


def embedding(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(512, dtype=np.float32)


def put(item_id: str, seed: int = 1, attributes: Mapping[str, str] | None = None) -> Put:
    image = f"sha256:{content(seed).hex()}"
    return Put(item_id, image, None, content(seed), attributes or {"colour": "Red"}, embedding(seed), MODEL)


def in_bundle(number: int) -> ChangedItem:
    item = Item(f"old/{number}", f"images/{number}.jpg", {"colour": "Red", "size": str(number)}, (1, 2, 30, 40 + number))
    return ChangedItem(item.id, number, 1, item, embedding(number))
