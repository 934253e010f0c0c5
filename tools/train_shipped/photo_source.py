"""Customers' photos: folders with one folder for each class."""

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE
from model.catalogue.folder import read_folder
from tools.train_shipped.encoding import SourcePicture
from tools.train_shipped.records import CATEGORY, PHOTO_SET, PictureRecord

_VALIDATION = "validation"
_FOLDS = 5


def photo_sources(folders: Sequence[Path]) -> list[SourcePicture]:
    """Find the photos and hold out some: those below `validation`, or a fifth by name if a folder has no such part.

    Raises:
        CatalogueError: a folder cannot be read or holds no picture, a photo is in no folder of a class, or two
            folders have the same name, by which their scores are told apart.
    """
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        raise CatalogueError(f"--photos names folders called {', '.join(sorted(names))}; give each a name of its own")
    return [source for folder, name in zip(folders, names, strict=True) for source in _photos(folder, name)]


def _photos(folder: Path, name: str) -> list[SourcePicture]:
    catalogue = read_folder(folder)
    partitioned = any(_first_folder(item) == _VALIDATION for item in catalogue.items)
    sources = []
    for item in catalogue.items:
        if CATEGORY_ATTRIBUTE not in item.attributes:
            raise CatalogueError(f"{folder}: {item.image} is in no folder of a class; move it into one, such as dress/")
        attributes = {CATEGORY: item.attributes[CATEGORY_ATTRIBUTE], PHOTO_SET: name}
        held_out = _first_folder(item) == _VALIDATION if partitioned else _is_held_out(item)
        sources.append(SourcePicture(catalogue.folder / item.image, PictureRecord(item.id, attributes, held_out)))
    return sources


def _first_folder(item: Item) -> str:
    return PurePosixPath(item.image).parts[0]


def _is_held_out(item: Item) -> bool:
    name = PurePosixPath(item.image).name
    return int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(), 16) % _FOLDS == 0
