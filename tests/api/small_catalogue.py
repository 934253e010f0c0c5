"""A catalogue of a few dozen drawn pictures with awkward ids, and its bundle."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from index.building import build_bundle
from index.bundle import Bundle, open_current
from tests.api.fake_embedder import IDENTITY, embed_pixels

ITEMS = 48
AWKWARD_IDS = ("img/Blue_Tee/img 0001.jpg", "ünï/ß+&=?#%.png", "100%25", "a:b;c,d")
COLOURS = ("Black", "Blue", "Navy Blue", "Red, dark", "White")


def draw(number: int, *, width: int = 60, height: int = 80) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: a coarse pattern that no other number has."""
    generator = np.random.Generator(np.random.PCG64(number))
    coarse = generator.integers(0, 256, (5, 4, 3), dtype=np.uint8)
    enlarged = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(enlarged, np.uint8)


def encode(pixels: NDArray[np.uint8], picture_format: str = "JPEG", **options: object) -> bytes:
    """The pixels as a file's bytes."""
    stream = io.BytesIO()
    save: Callable[..., None] = Image.fromarray(pixels).save
    save(stream, picture_format, **options)
    return stream.getvalue()


def make_catalogue(root: Path) -> list[Item]:
    """Draw the pictures below a folder and list them."""
    root.mkdir(parents=True, exist_ok=True)
    items = []
    for number in range(ITEMS):
        item_id = AWKWARD_IDS[number] if number < len(AWKWARD_IDS) else str(15_000 + number)
        suffix, kind = ((".jpg", "JPEG"), (".png", "PNG"), (".webp", "WEBP"))[number % 3]
        (root / f"{number}{suffix}").write_bytes(encode(draw(number), kind))
        attributes = {
            "title": f"Garment “{number}”",
            "baseColour": COLOURS[number % len(COLOURS)],
            "year": str(2008 + number % 10),
        }
        if number % 7:
            attributes["gender"] = "Women" if number % 2 else "Men"
        items.append(Item(item_id, f"{number}{suffix}", attributes))
    return items


def make_bundle(root: Path, bundles: Path) -> Bundle:
    """Build and open a bundle of the drawn catalogue."""
    items = make_catalogue(root)
    embeddings = np.stack([embed_pixels(np.asarray(Image.open(root / item.image).convert("RGB"))) for item in items])
    embedding_set = EmbeddingSet(items, embeddings, IDENTITY, str(root))
    build_bundle(embedding_set, bundles, components=16, now=datetime(2026, 11, 23, 10, 15, tzinfo=UTC))
    return open_current(bundles)
