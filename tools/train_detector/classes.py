"""The kinds of garments that a detector tells apart: classes of street photos, those that look alike as one."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final = ("bag", "dress", "hat", "outwear", "pants", "shoes", "shorts", "skirt", "top")
_MERGED: Mapping[str, str] = {
    "blazer": "outwear",
    "blouse": "top",
    "body": "top",
    "hoodie": "top",
    "longsleeve": "top",
    "polo": "top",
    "shirt": "top",
    "t-shirt": "top",
    "undershirt": "top",
}
# Types of products that are usually shown alone. Tops and trousers are worn by people without a head, so that a box
# around all that is not white would hold two garments.
PASTED_TYPES: Mapping[str, str] = {
    "Backpacks": "bag",
    "Caps": "hat",
    "Casual Shoes": "shoes",
    "Clutches": "bag",
    "Duffel Bag": "bag",
    "Flats": "shoes",
    "Formal Shoes": "shoes",
    "Handbags": "bag",
    "Hat": "hat",
    "Heels": "shoes",
    "Laptop Bag": "bag",
    "Messenger Bag": "bag",
    "Rucksacks": "bag",
    "Sandals": "shoes",
    "Sports Sandals": "shoes",
    "Sports Shoes": "shoes",
}


def class_number(category: str) -> int | None:
    """The row in `CLASSES` of a class of photos or of street garments, None where the detector does not know it."""
    name = _MERGED.get(category, category)
    return CLASSES.index(name) if name in CLASSES else None
