"""What a reader makes of a catalogue."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from contracts.items import Item

CatalogueKind = Literal["folder", "csv", "deepfashion", "deepfashion-inshop"]
CATALOGUE_KINDS: tuple[CatalogueKind, ...] = get_args(CatalogueKind)
CATEGORY_ATTRIBUTE = "category"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The items of a catalogue, in its own order.

    Attributes:
        root: absolute path of the folder that `Item.image` is relative to.
        items: at least one; ids unique; that each picture exists and can be read is not known yet.
        kind: how the catalogue was read.
        categories: class names, in the order of their numbers where the source numbers them (all that
            were asked for, so that the order is the same for every partition), else sorted.
        skipped: files, pictures and boxes left out on purpose.
        notes: what was left out and why, sentences for a person.
    """

    root: Path
    items: list[Item]
    kind: CatalogueKind
    categories: tuple[str, ...] = ()
    skipped: int = 0
    notes: tuple[str, ...] = ()
