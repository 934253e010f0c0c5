"""Reads a folder of pictures: an item's id is its path, its category the folder it lies in."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from contracts.errors import CatalogueError
from contracts.items import Item, check_item_id, present_attributes
from model.catalogue.attributes_csv import ATTRIBUTES_FILE, read_attributes
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.catalogue.ids import is_plain_id
from pictures.formats import SUFFIXES, suffixes_in_words

# Files by which a folder that Lookalike wrote itself (embeddings, bundle, checkpoint) is known: charts
# in it are no items.
_OWN_OUTPUT = ("embeddings-*.npy", "items-*.jsonl", "journal.bin", "vectors.npy", "*.safetensors")

_OTHER_FILE = f"files passed over because they are no {suffixes_in_words()}"
_LINK = "links to folders, or to files outside the catalogue, not followed"
_OWN = "folders passed over because Lookalike wrote them itself"


def read_folder(path: Path) -> Catalogue:
    """Read every picture below a folder, sorted by id; hidden files and folders are passed over.

    Ids are paths below the folder, POSIX separators, extension kept, NFC; `Item.image` keeps the
    spelling of the disk. An `attributes.csv` at the root is joined.

    Raises:
        CatalogueError: the folder or one below it cannot be read, holds no picture, two paths are the
            same id, an id cannot be addressed, or `attributes.csv` is wrong (see `read_attributes`).
    """
    root = path.resolve()
    skipped: Counter[str] = Counter()
    image_of: dict[str, str] = {}
    for image in _pictures(root, skipped):
        item_id = _item_id(root, image)
        if item_id in image_of:
            raise CatalogueError(
                f"{root}: {image_of[item_id]!a} and {image!a} are the same id once Unicode is normalised; "
                "rename one of them"
            )
        image_of[item_id] = image
    notes = tuple(f"{what}: {count}" for what, count in sorted(skipped.items()))
    if not image_of:
        raise CatalogueError(
            f"{root} holds no {suffixes_in_words()} picture{_in_brackets(notes)}; "
            "give a folder of pictures, a .csv file or a DeepFashion root"
        )
    joined = read_attributes(root, image_of, normalise=True)
    items = []
    for item_id, image in sorted(image_of.items()):
        category = PurePosixPath(item_id).parent.name
        attributes = present_attributes({CATEGORY_ATTRIBUTE: category}) | joined.get(item_id, {})
        items.append(Item(item_id, image, attributes))
    categories = {item.attributes[CATEGORY_ATTRIBUTE] for item in items if CATEGORY_ATTRIBUTE in item.attributes}
    return Catalogue(root, items, "folder", tuple(sorted(categories)), skipped.total(), notes + _unread_lists(root))


def _pictures(root: Path, skipped: Counter[str]) -> Iterator[str]:
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as scan:
                entries = [entry for entry in scan if not entry.name.startswith(".")]
        except OSError as error:
            raise CatalogueError(
                f"{root / folder} cannot be read: {error.strerror}; check its permissions or move it away"
            ) from error
        if folder and any(fnmatchcase(entry.name, own) for entry in entries for own in _OWN_OUTPUT):
            skipped[_OWN] += 1
            continue
        for entry in entries:
            below = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(below)
            elif entry.is_symlink() and not _leads_to_file_in(root, entry):
                skipped[_LINK] += 1
            elif entry.name.lower().endswith(SUFFIXES) and entry.is_file():
                yield below
            elif below != ATTRIBUTES_FILE:
                skipped[_OTHER_FILE] += 1


def _leads_to_file_in(root: Path, entry: os.DirEntry[str]) -> bool:
    # realpath, unlike Path.resolve, has no error of its own for a link that leads to itself.
    target = Path(os.path.realpath(entry.path))
    return target.is_relative_to(root) and target.is_file()


def _item_id(root: Path, image: str) -> str:
    item_id = unicodedata.normalize("NFC", image)
    if not is_plain_id(item_id):
        try:
            check_item_id(item_id)
        except CatalogueError as error:
            raise CatalogueError(f"{root}: file {image!a}: {error}; rename the file or its folder") from None
    return item_id


def _unread_lists(root: Path) -> tuple[str, ...]:
    return tuple(
        f"{path.name} was not read; to use its ids and attributes, give its path instead of the folder's"
        for path in sorted(root.glob("*.csv"))
        if path.name != ATTRIBUTES_FILE
    )


def _in_brackets(notes: tuple[str, ...]) -> str:
    return f" ({'; '.join(notes)})" if notes else ""
