"""Opens a catalogue of any kind."""

from collections.abc import Collection
from pathlib import Path

from contracts.errors import CatalogueError
from model.catalogue.catalogue import CATALOGUE_KINDS, Catalogue, CatalogueKind
from model.catalogue.csv_file import read_csv
from model.catalogue.deepfashion import is_deepfashion, read_deepfashion
from model.catalogue.deepfashion_inshop import is_deepfashion_inshop, read_deepfashion_inshop
from model.catalogue.folder import read_folder


def open_catalogue(
    path: Path,
    *,
    format: CatalogueKind | None = None,  # noqa: A002 - named as the option of the command line
    categories: Collection[int] | None = None,
    partitions: Collection[str] | None = None,
    with_attributes: bool = True,
) -> Catalogue:
    """Read the items of a catalogue: a CSV file, a DeepFashion root or a folder of pictures.

    Args:
        path: a `.csv` file or a folder.
        format: how to read it; by default known from what is there.
        categories: DeepFashion's Category and Attribute Prediction only: category numbers to keep, by
            default 1 to 20.
        partitions: DeepFashion only: of `train`, `val`, `test`, or in-shop of `train`, `query`,
            `gallery`, those to keep, by default all.
        with_attributes: DeepFashion's Category and Attribute Prediction only: whether to read its long
            list of attributes where present.

    Raises:
        CatalogueError: there is no such catalogue, or something in it is wrong; names file, line and mend.
    """
    kind = format or _recognised(path)
    if kind not in CATALOGUE_KINDS:
        raise CatalogueError(f"format {kind!r} is unknown; there are {', '.join(CATALOGUE_KINDS)}")
    if not (path.is_file() if kind == "csv" else path.is_dir()):
        needed = "file" if kind == "csv" else "folder"
        raise CatalogueError(f"{path} is no {needed}, as format {kind} needs; correct the path or the format")
    if kind == "deepfashion":
        return read_deepfashion(path, categories=categories, partitions=partitions, with_attributes=with_attributes)
    if kind == "deepfashion-inshop":
        if categories is not None:
            raise CatalogueError(f"{path} is read as {kind}, which knows no category numbers; leave them out")
        return read_deepfashion_inshop(path, partitions=partitions)
    if categories is not None or partitions is not None:
        raise CatalogueError(
            f"{path} is read as {kind}, which knows no category numbers and no partitions; "
            "leave them out, or give a DeepFashion root"
        )
    return read_csv(path) if kind == "csv" else read_folder(path)


def _recognised(path: Path) -> CatalogueKind:
    if path.is_dir():
        # In-shop first: it has the folders `Anno` and `Eval` too, by which the other one is known.
        if is_deepfashion_inshop(path):
            return "deepfashion-inshop"
        return "deepfashion" if is_deepfashion(path) else "folder"
    if path.is_file():
        if path.suffix.lower() == ".csv":
            return "csv"
        raise CatalogueError(f"{path} is a file but no .csv; rename it, or pass --format csv if it is one inside")
    raise CatalogueError(f"{path} is not there; give a folder of pictures, a .csv file or a DeepFashion root")
