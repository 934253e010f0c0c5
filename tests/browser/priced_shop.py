"""A drawn catalogue with prices, links and badges, some of them hostile."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from index.building import build_bundle
from index.bundle import Bundle, open_current
from tests.browser.shop import COLOURS, MODEL, SHAPES, draw_picture, embed_pixels

HOSTILE = '<img src=x onerror="document.title=1">"&amp;'


def build_priced_shop(folder: Path) -> Bundle:
    """Draw 40 items with prices, links and badges, some of them hostile, and open the bundle that is built of them."""
    items, embeddings = [], []
    for place in range(40):
        shape, (colour, rgb) = SHAPES[place % 4], list(COLOURS.items())[place // 4 % 4]
        picture = draw_picture(shape, rgb, place // 16, size=(180, 240))
        (folder / f"{place}.jpg").write_bytes(picture)
        attributes = {
            "title": HOSTILE if place == 4 else f"{colour} {shape} no. {place}",
            "style": f"{colour} {shape}",
            "baseColour": colour,
            "price": f"{10 + place}.00 EUR",
            "link": "javascript:document.title=1" if place == 4 else f"https://shop.example/p/{place}",
        }
        if place % 3 == 0:
            attributes |= {"sale_price": f"{9 + place}.50 EUR", "badge": HOSTILE if place == 12 else "Sale"}
        items.append(Item(id=f"new arrivals/{place}", image=f"{place}.jpg", attributes=attributes))
        embeddings.append(embed_pixels(picture)[0])
    build_bundle(
        EmbeddingSet(items, np.stack(embeddings), MODEL, str(folder)),
        folder / "bundles",
        now=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return replace(open_current(folder / "bundles"), resemblance_from=None)
