"""Opens catalogues of any kind."""

import dataclasses
from collections.abc import Collection
from pathlib import Path

from contracts.errors import CatalogueError, FeedError
from contracts.object_urls import is_object_url
from feeds.formats import FEED_FORMATS
from feeds.opening import open_feed
from model.catalogue.bad_rows import TooManyBadRows
from model.catalogue.catalogue import CATALOGUE_KINDS, Catalogue, CatalogueKind
from model.catalogue.csv_file import read_csv
from model.catalogue.deepfashion import is_deepfashion, read_deepfashion
from model.catalogue.deepfashion_inshop import is_deepfashion_inshop, read_deepfashion_inshop
from model.catalogue.feed_file import PicturesByUrl, is_plain_csv, read_feed
from model.catalogue.folder import read_folder
from model.catalogue.street_boxes import BOXES_FILE
from model.tolerance import DEFAULT_TOLERANCE, Tolerance


def open_catalogue(
    path: Path | str,
    *,
    format: CatalogueKind | None = None,  # noqa: A002 - named as the option of the command line
    categories: Collection[int] | None = None,
    partitions: Collection[str] | None = None,
    with_attributes: bool = True,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    follow_links: bool = False,
    by_url: PicturesByUrl | None = None,
) -> Catalogue:
    """Read the items of a catalogue: a CSV file or product feed, a DeepFashion root, street photos or a folder.

    Args:
        path: a file or a folder; or a URL, `s3://bucket/prefix`, see `object_catalogue`.
        format: how to read it; by default recognised from its content.
        categories: for DeepFashion's Category and Attribute Prediction only: the numbers of the categories to keep,
            by default 1 to 20.
        partitions: for DeepFashion only: the partitions to keep, of `train`, `val`, `test`, or for In-shop of
            `train`, `query`, `gallery`; by default all.
        with_attributes: for DeepFashion's Category and Attribute Prediction only: whether to read its long list of
            attributes, if there is one.
        tolerance: how many rows or files may be bad. They are skipped and listed in `Catalogue.bad_rows`. DeepFashion's
            own lists may have none.
        follow_links: whether pictures may be read through links that lead out of the catalogue's folder, and, for a
            folder of pictures, whether to follow links to other folders.
        by_url: how pictures are fetched that a feed names by URL; by default, such a feed is refused.

    Raises:
        CatalogueError: there is no such catalogue, or something in it is wrong; says where, and how to fix it.
        TooManyBadRows: more rows are bad than the tolerance allows, or none is left.
    """
    if is_object_url(path):
        # Only here, because other catalogues are read without the library that speaks to object stores.
        from model.catalogue.object_catalogue import open_object_catalogue

        if categories is not None or partitions is not None:
            raise CatalogueError(f"{path} is in an object store, where no catalogue has category numbers or partitions")
        return open_object_catalogue(str(path), format=format, tolerance=tolerance, by_url=by_url)
    path = Path(path)
    catalogue = _read(
        path, format or _recognised(path), categories, partitions, with_attributes, tolerance, follow_links, by_url
    )
    return dataclasses.replace(catalogue, follow_links=follow_links)


def _read(
    path: Path,
    kind: CatalogueKind,
    categories: Collection[int] | None,
    partitions: Collection[str] | None,
    with_attributes: bool,
    tolerance: Tolerance,
    follow_links: bool,
    by_url: PicturesByUrl | None,
) -> Catalogue:
    if kind not in CATALOGUE_KINDS:
        raise CatalogueError(f"format {kind!r} is unknown; there are {', '.join(CATALOGUE_KINDS)}")
    if not (path.is_file() if kind in FEED_FORMATS else path.is_dir()):
        needed = "file" if kind in FEED_FORMATS else "folder"
        raise CatalogueError(f"{path} is not a {needed}, which format {kind} needs; correct the path or the format")
    if kind == "deepfashion":
        return read_deepfashion(
            path,
            categories=categories,
            partitions=partitions,
            with_attributes=with_attributes,
            tolerance=tolerance,
        )
    if kind == "deepfashion-inshop":
        if categories is not None:
            raise CatalogueError(f"{path} is read as {kind}, which has no category numbers; leave them out")
        return read_deepfashion_inshop(path, partitions=partitions, tolerance=tolerance)
    if categories is not None or partitions is not None:
        raise CatalogueError(
            f"{path} is read as {kind}, which has no category numbers and no partitions; "
            "leave them out, or give a DeepFashion root"
        )
    if kind == "csv" and is_plain_csv(path):
        return read_csv(path, tolerance=tolerance)
    if kind in FEED_FORMATS:
        return read_feed(path, kind, by_url=by_url, tolerance=tolerance)
    if kind == "street":
        # Only here, because it reads photos, and other catalogues are read without a library for that.
        from model.catalogue.street import read_street

        try:
            return read_street(path, tolerance=tolerance, follow_links=follow_links)
        except TooManyBadRows:
            raise
        except CatalogueError as error:
            raise CatalogueError(f"{error}; to read whole pictures instead, pass --format folder") from error
    return read_folder(path, tolerance=tolerance, follow_links=follow_links)


def _recognised(path: Path) -> CatalogueKind:
    if path.is_dir():
        # In-shop first, since it also has the folders `Anno` and `Eval` that identify the other benchmark.
        if is_deepfashion_inshop(path):
            return "deepfashion-inshop"
        if is_deepfashion(path):
            return "deepfashion"
        return "street" if (path / BOXES_FILE).is_file() else "folder"
    if path.is_file():
        try:
            return open_feed(path).format
        except FeedError as error:
            if path.suffix.lower() == ".csv":
                # Reading it as such says best what it lacks.
                return "csv"
            raise CatalogueError(str(error)) from None
    raise CatalogueError(
        f"{path} does not exist; give a folder of pictures, a .csv file, a product feed or a DeepFashion root"
    )
