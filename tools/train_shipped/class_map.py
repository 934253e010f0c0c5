"""Which types of products the photos of each class may show; a class of street garments is called `street-<class>`."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from contracts.class_map import read_class_map
from contracts.errors import CatalogueError
from storage.durable_files import replace_file
from tools.train_shipped.config import TARGETS
from tools.train_shipped.records import CATEGORY, PictureRecord

ClassMap = Mapping[str, frozenset[str]]
CLASS_MAP = "class-map.json"


def street_class(category: str) -> str:
    """The name in the class map of a class of garments in street photos."""
    return f"street-{category}"


def check_class_map(class_map: ClassMap, types: Collection[str], photos: Collection[PictureRecord]) -> None:
    """Refuse a class map that does not fit the pictures.

    Args:
        class_map: class of a photo or of a street garment -> types that it may show.
        types: of all products.
        photos: customers' photos and street photos.

    Raises:
        CatalogueError: it names types that no product has, or lacks a class of the photos.
    """
    unknown = sorted(frozenset().union(*class_map.values()).difference(types))
    if unknown:
        raise CatalogueError(
            f"the class map names {_listed(unknown)}, and no product has such a value of {TARGETS[0]!r}; "
            "correct its spelling in the class map, or remove it"
        )
    classes = {record.attributes[CATEGORY] for record in photos if CATEGORY in record.attributes}
    classes |= {street_class(garment.category) for record in photos for garment in record.garments}
    missing = sorted(classes.difference(class_map))
    if missing:
        raise CatalogueError(
            f"the class map lacks {_listed(missing)}; add each with the values of {TARGETS[0]!r} that its photos may "
            "show (street-<class> for the garments in street photos)"
        )


def write_class_map(folder: Path, class_map: ClassMap) -> None:
    """Write a class map beside the packs."""
    content = {name: sorted(values) for name, values in class_map.items()}
    replace_file(folder / CLASS_MAP, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def packed_class_map(folder: Path) -> ClassMap:
    """Read what `write_class_map` wrote.

    Raises:
        EmbeddingsError: it is missing or no class map.
    """
    return read_class_map(folder / CLASS_MAP)


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:20])) + (" ..." if len(names) > 20 else "")
