"""Reads a catalogue in an object store: a prefix with pictures, a CSV file or a product feed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from contracts.errors import CatalogueError, FeedError, StoreUnavailableError
from feeds.formats import FEED_FORMATS
from feeds.opening import open_feed
from model.catalogue.attributes_csv import ATTRIBUTES_FILE
from model.catalogue.bad_rows import BadRow, BadRows, TooManyBadRows
from model.catalogue.catalogue import CATALOGUE_KINDS, Catalogue, CatalogueKind
from model.catalogue.catalogue_root import CatalogueRoot
from model.catalogue.csv_file import read_csv
from model.catalogue.feed_file import PicturesByUrl, is_plain_csv, read_feed
from model.catalogue.folder import catalogue_of_pictures
from model.catalogue.object_walk import ObjectWalk
from model.catalogue.street_boxes import BOXES_FILE
from model.tolerance import DEFAULT_TOLERANCE, Tolerance
from storage.object_facts import ObjectFacts
from storage.object_root import ObjectRoot
from storage.object_store import ObjectStore, open_object_store

# Of a list; it is copied to the disk before it is read.
_MOST_LIST_BYTES: Final = 8 * 1024**3
_LONGEST_FILE_NAME: Final = 255
# By which the data sets are known whose readers need a folder.
_DEEPFASHION: Final = ("Anno/", "Eval/", "list_eval_partition.txt")


def open_object_catalogue(
    url: str,
    *,
    format: CatalogueKind | None = None,  # noqa: A002 - named as the option of the command line
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    by_url: PicturesByUrl | None = None,
) -> Catalogue:
    """Read the items of a catalogue in an object store, as `open_catalogue` does those of one on a disk.

    The prefix is listed once; each picture is read later as it was then. A list is copied to a temporary file.

    Args:
        url: `s3://bucket/prefix` of the pictures, or `s3://bucket/prefix/items.csv`.
        format: how to read it; by default recognised from its content. Street photos and DeepFashion need a folder.
        tolerance: how many rows or files may be bad.
        by_url: how pictures are fetched that a feed names by URL.

    Raises:
        CatalogueError, TooManyBadRows: as `open_catalogue`.
        LaunchError: it is no URL of an object store.
        StoreUnavailableError: the store cannot be read.
    """
    # Refuses what is no such URL, and does not repeat it.
    url = str(open_object_store(url, for_bundles=True, any_name=True))
    if format is not None and format not in CATALOGUE_KINDS:
        raise CatalogueError(f"format {format!r} is unknown; there are {', '.join(CATALOGUE_KINDS)}")
    if format is not None and format != "folder" and format not in FEED_FORMATS:
        raise CatalogueError(
            f"{url} is in an object store, and format {format} is read from a folder only; copy it there"
        )
    if format != "folder" and (found := _list_at(url)) is not None:
        return _read_list(*found, format, tolerance, by_url)
    if format is not None and format != "folder":
        raise CatalogueError(f"{url} is no object, which format {format} needs; correct the URL or the format")
    root = _listed(url)
    if format is None:
        _refuse_data_sets(root)
    return _read_prefix(root, tolerance)


def _listed(url: str) -> ObjectRoot:
    store = open_object_store(url, for_bundles=True, any_name=True)
    return ObjectRoot(str(store), store, dict(store.listed()))


def _list_at(url: str) -> tuple[str, str, ObjectStore, ObjectFacts] | None:
    """Prefix, name, store and facts, if a URL is that of an object."""
    folder, _, name = url.rpartition("/")
    if not name or folder in {"s3:/", "s3:"}:
        return None
    store = open_object_store(folder, for_bundles=True, any_name=True)
    facts = store.facts(name)
    return None if facts is None or facts.bytes == 0 else (folder, name, store, facts)


def _read_list(
    folder: str,
    name: str,
    store: ObjectStore,
    facts: ObjectFacts,
    kind: CatalogueKind | None,
    tolerance: Tolerance,
    by_url: PicturesByUrl | None,
) -> Catalogue:
    with _copies(folder) as copies:
        path = copies / name
        _copy(store, name, facts, path)
        if kind is None:
            kind = _recognised(path)
        place = CatalogueRoot.of_objects(_listed(folder))
        if kind == "csv" and is_plain_csv(path):
            return _renamed(read_csv(path, tolerance=tolerance, place=place), copies, folder)
        if kind in FEED_FORMATS:
            feed = read_feed(path, kind, by_url=by_url, tolerance=tolerance, place=place)
            return _renamed(feed, copies, folder)
    raise CatalogueError(f"{folder}/{name} is no list; leave the format out, or give the prefix of the pictures")


def _read_prefix(root: ObjectRoot, tolerance: Tolerance) -> Catalogue:
    with _copies(root.url) as copies:
        facts = root.objects.get(ATTRIBUTES_FILE)
        if facts is not None:
            _copy(root.store, ATTRIBUTES_FILE, facts, copies / ATTRIBUTES_FILE)
        lists = sorted(name for name in root.objects if "/" not in name and name.endswith(".csv"))
        catalogue = catalogue_of_pictures(root, ObjectWalk(root), BadRows(tolerance), attributes_in=copies, lists=lists)
        return _renamed(catalogue, copies, root.url)


def _refuse_data_sets(root: ObjectRoot) -> None:
    if BOXES_FILE in root.objects or any(name.startswith(_DEEPFASHION) for name in root.objects):
        raise CatalogueError(
            f"{root} looks like street photos or DeepFashion, which are read from a folder only; copy it there, or "
            "pass --format folder to read whole pictures"
        )


def _recognised(path: Path) -> CatalogueKind:
    try:
        return open_feed(path).format
    except FeedError as error:
        if path.suffix.lower() == ".csv":
            # Reading it as such says best what it lacks.
            return "csv"
        raise CatalogueError(str(error)) from None


def _copy(store: ObjectStore, name: str, facts: ObjectFacts, path: Path) -> None:
    if facts.bytes > _MOST_LIST_BYTES:
        raise CatalogueError(f"{store}/{name} has over {_MOST_LIST_BYTES:,} bytes; split it")
    if len(name.encode()) > _LONGEST_FILE_NAME:
        raise CatalogueError(f"{store}/{name:.100} has a name of over {_LONGEST_FILE_NAME} bytes; rename it")
    try:
        with path.open("xb") as stream:
            stream.writelines(store.pieces(name, facts))
    except OSError as error:
        raise CatalogueError(
            f"{store}/{name} cannot be copied to {path.parent} ({error.strerror or error}); free disk space, or set "
            "TMPDIR to another folder"
        ) from error


@contextmanager
def _copies(url: str) -> Iterator[Path]:
    """A folder for copies of a prefix's lists; errors name the prefix in its place."""
    with tempfile.TemporaryDirectory(prefix="lookalike-lists-") as named:
        copies = Path(named)
        try:
            yield copies
        except StoreUnavailableError:
            raise
        except TooManyBadRows as error:
            raise TooManyBadRows(_shown(str(error), copies, url), _all_shown(error.bad_rows, copies, url)) from None
        except CatalogueError as error:
            raise CatalogueError(_shown(str(error), copies, url)) from None


def _renamed(catalogue: Catalogue, copies: Path, url: str) -> Catalogue:
    return replace(catalogue, bad_rows=_all_shown(catalogue.bad_rows, copies, url))


def _all_shown(bad_rows: tuple[BadRow, ...], copies: Path, url: str) -> tuple[BadRow, ...]:
    return tuple(
        replace(bad, file=_shown(str(bad.file), copies, url), reason=_shown(bad.reason, copies, url))
        for bad in bad_rows
    )


def _shown(text: str, copies: Path, url: str) -> str:
    return text.replace(str(copies), url)
