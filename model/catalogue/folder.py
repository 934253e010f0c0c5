"""Reads a folder of pictures: an item's id is its path, its category the folder it lies in."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from contracts.errors import CatalogueError
from contracts.items import Item, present_attributes
from contracts.plain_ids import check_id
from contracts.text_form import one_form
from model.catalogue.attributes_csv import ATTRIBUTES_FILE, read_attributes
from model.catalogue.bad_rows import BadRows
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.catalogue.folder_walk import FolderWalk, PictureWalk
from model.tolerance import DEFAULT_TOLERANCE, Tolerance
from pictures.formats import suffixes_in_words
from storage.object_root import ObjectRoot


def read_folder(path: Path, *, tolerance: Tolerance = DEFAULT_TOLERANCE, follow_links: bool = False) -> Catalogue:
    """Read every picture below a folder, sorted by id.

    Hidden files and folders are passed over, and so are those that systems make (see `junk_names`). Ids are paths
    below the folder, POSIX separators, extension kept, in one form (see `contracts.text_form`); `Item.image` keeps the
    spelling of the disk. An `attributes.csv` at the root is joined.

    Args:
        path: the folder.
        tolerance: how many files may be bad: with a name that makes no id, or the id of another file; a folder that
            cannot be read counts as one.
        follow_links: whether to follow links to folders, and to files outside the folder.

    Raises:
        CatalogueError: the folder cannot be read or holds no picture, too many files are bad, or `attributes.csv` is
            wrong (see `read_attributes`).
    """
    root = path.resolve()
    bad = BadRows(tolerance)
    walk = FolderWalk(root, bad, follow_links=follow_links)
    lists = sorted(found.name for found in root.glob("*.csv"))
    return catalogue_of_pictures(root, walk, bad, attributes_in=root, lists=lists)


def catalogue_of_pictures(
    root: Path | ObjectRoot, walk: PictureWalk, bad: BadRows, *, attributes_in: Path, lists: Sequence[str]
) -> Catalogue:
    """The items of a folder's pictures, or of a prefix's.

    Args:
        root: the folder or prefix.
        walk: finds the pictures.
        bad: collects the files that cannot be used.
        attributes_in: the folder with `attributes.csv`, if there is one.
        lists: names of the CSV files at the root.

    Raises:
        CatalogueError: as `read_folder`.
    """
    shown = root if isinstance(root, Path) else root.url
    image_of: dict[str, str] = {}
    # In a fixed order, so that of two files with one id always the same one is the item.
    for image in sorted(walk.pictures()):
        try:
            item_id = _item_id(image)
        except ValueError as error:
            bad.add(shown, None, image, f"{error}; rename the file or its folder")
            continue
        if item_id in image_of:
            other = image_of[item_id]
            bad.add(shown, None, image, f"has the id of {other!a} once Unicode is normalised; rename one of them")
            continue
        image_of[item_id] = image
    notes = tuple(f"{what}: {count}" for what, count in sorted(walk.skipped.items()))
    if not image_of and not bad.failed:
        raise CatalogueError(
            f"{root} holds no {suffixes_in_words()} picture{_in_brackets(notes)}; "
            "give a folder of pictures, a .csv file or a DeepFashion root"
        )
    bad.check(shown, len(image_of))
    joined = read_attributes(attributes_in, image_of, bad)
    items = []
    for item_id, image in sorted(image_of.items()):
        category = PurePosixPath(item_id).parent.name
        attributes = present_attributes({CATEGORY_ATTRIBUTE: category}) | joined.get(item_id, {})
        items.append(Item(item_id, image, attributes))
    categories = {item.attributes[CATEGORY_ATTRIBUTE] for item in items if CATEGORY_ATTRIBUTE in item.attributes}
    return Catalogue(
        root,
        items,
        "folder",
        tuple(sorted(categories)),
        walk.skipped.total(),
        notes + _unread_lists(lists),
        tuple(bad.found),
    )


def _item_id(image: str) -> str:
    if not image.isascii():
        try:
            image.encode()
        except UnicodeEncodeError:
            raise ValueError("has a name that is not UTF-8") from None
    item_id = one_form(image)
    try:
        check_id(item_id)
    except CatalogueError as error:
        raise ValueError(str(error)) from None
    return item_id


def _unread_lists(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        f"{name} was not read; to use its ids and attributes, give its path instead of the folder's"
        for name in names
        if name != ATTRIBUTES_FILE
    )


def _in_brackets(notes: tuple[str, ...]) -> str:
    return f" ({'; '.join(notes)})" if notes else ""
