"""Reads a product feed as a catalogue; pictures that it names by URL are fetched into a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from contracts.errors import CatalogueError, FeedError
from contracts.items import Item
from contracts.progress import ProgressBar, silent
from contracts.text_form import one_form
from feeds.formats import FeedFormat
from feeds.names import IMAGE
from feeds.opening import Feed, open_feed
from feeds.rows import BadRow, FeedRow, is_address
from feeds.table import read_table
from model.catalogue.bad_rows import BadRows
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.catalogue.catalogue_root import CatalogueRoot
from model.catalogue.csv_file import path_below
from model.catalogue.picture_finder import PictureFinder
from model.tolerance import DEFAULT_TOLERANCE, Tolerance
from storage.object_root import ObjectRoot

if TYPE_CHECKING:
    from fetching.dialing import Dialer


@dataclass(frozen=True, slots=True)
class PicturesByUrl:
    """How a catalogue's pictures are fetched.

    Attributes:
        folder: where they are kept; made if missing.
        hosts: that may be fetched from, see `fetching.rules.UrlRules`.
        allow_http: whether to fetch by http too.
        progress: shows how far it is.
        dialer: what connects, for tests.
    """

    folder: Path
    hosts: tuple[str, ...]
    allow_http: bool = False
    progress: ProgressBar = silent
    dialer: "Dialer | None" = None


def read_feed(
    path: Path,
    format: FeedFormat,  # noqa: A002 - named as the option of the command line
    *,
    by_url: PicturesByUrl | None,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    place: CatalogueRoot | None = None,
) -> Catalogue:
    """Read a product feed.

    Paths of pictures are relative to the feed's folder, as in a CSV catalogue. A feed names either all pictures by
    paths or all by URLs; a row that differs from the first is bad.

    Args:
        path: of the feed.
        format: of the feed.
        by_url: how pictures are fetched; None: a feed that names URLs is refused.
        tolerance: how many rows may be bad.
        place: where the pictures are that it names by paths; None: in its folder.

    Raises:
        CatalogueError: the feed cannot be read or is cut off, too many of its rows are bad, or its pictures may not be
            fetched.
    """
    bad = BadRows(tolerance)
    try:
        rows = _good_rows(open_feed(path, format=format), bad)
    except FeedError as error:
        raise CatalogueError(str(error)) from None
    bad.check(path, len(rows))
    root: Path | ObjectRoot
    if is_address(rows[0].picture or ""):
        root, images = _fetched(path, rows, by_url, bad)
    else:
        place = CatalogueRoot.of_file(path) if place is None else place
        root, images = place.root, _found(path, rows, bad, place)
    items = [Item(row.id, images[row.id], row.attributes) for row in rows if row.id in images]
    bad.check(path, len(items))
    categories = {item.attributes[CATEGORY_ATTRIBUTE] for item in items if CATEGORY_ATTRIBUTE in item.attributes}
    return Catalogue(root, items, format, tuple(sorted(categories)), bad_rows=tuple(bad.found))


def is_plain_csv(path: Path) -> bool:
    """Whether `csv_file` reads a CSV file best: it names paths in a column `image`, or is none of the known feeds."""
    try:
        feed = open_feed(path, format="csv")
        first = next((row for row in feed.rows() if isinstance(row, FeedRow)), None)
        header = next(read_table(feed.options, feed.head)).fields
    except FeedError:
        return True
    if first is None:
        return True
    return not is_address(first.picture or "") and IMAGE in {one_form(name).casefold() for name in header}


def _good_rows(feed: Feed, bad: BadRows) -> list[FeedRow]:
    rows = []
    for row in feed.rows():
        if isinstance(row, FeedRow):
            rows.append(row)
        elif feed.format == "google-xml":
            bad.add(feed.options.path, None, f"item {row.row}", _in_words(row))
        else:
            bad.add(feed.options.path, row.row, row.id or "", row.detail)
    return rows


def _in_words(row: BadRow) -> str:
    return row.detail if row.id is None else f"({row.id}) {row.detail}"


def _found(path: Path, rows: list[FeedRow], bad: BadRows, place: CatalogueRoot) -> Mapping[str, str]:
    finder = PictureFinder(place.tree)
    images: dict[str, str] = {}
    for row in rows:
        picture = row.picture or ""
        try:
            images[row.id] = finder.find(path_below(picture, place.prefixes, finder))
        except ValueError as error:
            bad.add(path, row.row, picture, f"is the image of item {row.id!r:.100} and {error}")
    return images


def _fetched(
    path: Path, rows: list[FeedRow], by_url: PicturesByUrl | None, bad: BadRows
) -> tuple[Path, Mapping[str, str]]:
    if by_url is None:
        raise CatalogueError(
            f"{path} names pictures by URL, which are not fetched here; run `lookalike extract` on it first, or give a "
            "catalogue with the pictures' paths"
        )
    urls = {row.picture: None for row in rows if row.picture and is_address(row.picture)}
    if not by_url.hosts:
        hosts = sorted({urlsplit(url).netloc.rpartition("@")[2] for url in urls})
        raise CatalogueError(
            f"{path} names pictures by URL, and no host is allowed to be fetched from; pass "
            f"--image-hosts {','.join(hosts[:5]):.300}, or set LOOKALIKE_IMAGE_URL_HOSTS"
        )
    # Only here, because other catalogues are read without a library for pictures and without anything that connects.
    from fetching.rules import UrlRules
    from model.catalogue.fetched_pictures import fetch_pictures

    try:
        rules = UrlRules(by_url.hosts, by_url.allow_http)
    except ValueError as error:
        raise CatalogueError(f"--image-hosts or LOOKALIKE_IMAGE_URL_HOSTS: {error}") from None
    outcomes = fetch_pictures(list(urls), by_url.folder, rules, progress=by_url.progress, dialer=by_url.dialer)
    images: dict[str, str] = {}
    for row in rows:
        picture = row.picture or ""
        if picture not in urls:
            bad.add(
                path,
                row.row,
                picture,
                f"is the image of item {row.id!r:.100} and no URL, although others are; give one",
            )
            continue
        outcome = outcomes[picture]
        if outcome.problem is None:
            images[row.id] = outcome.image
        else:
            bad.add(
                path, row.row, picture, f"is the image of item {row.id!r:.100} and was not fetched: {outcome.problem}"
            )
    return by_url.folder.resolve(), images
