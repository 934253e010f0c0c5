"""The products: a shop's pictures, small ones and, where there are any, large ones of the same products."""

from dataclasses import dataclass
from pathlib import Path

from contracts.errors import CatalogueError
from contracts.hold_out import TITLE, held_out
from contracts.items import Item
from contracts.progress import ProgressBar
from model.catalogue.csv_file import read_csv
from model.training.lookalikes.targets import split_items
from model.training.same_pictures import same_pictures
from pictures.formats import SUFFIXES
from tools.train_shipped.config import TARGETS
from tools.train_shipped.encoding import SourcePicture
from tools.train_shipped.records import PictureRecord


@dataclass(frozen=True, slots=True)
class ProductSources:
    """The pictures of the products.

    Attributes:
        large: of products that have a large picture; it replaces the small one.
        small: of all other products.
        types: values of the first target, of all products.
    """

    large: list[SourcePicture]
    small: list[SourcePicture]
    types: frozenset[str]


def product_sources(table: Path, large_products: Path | None, *, workers: int, progress: ProgressBar) -> ProductSources:
    """Find the pictures of the products, and hold out a fifth of the titles, see `contracts.hold_out`.

    Args:
        table: CSV with `id`, `image`, `title` and the columns in `TARGETS`.
        large_products: folder of large pictures, each named by its product's id.
        workers: threads that read pictures.
        progress: makes a progress bar from a label and a unit.

    Raises:
        CatalogueError: the table cannot be read or lacks a column, a target has fewer than two values among the
            training items, or no large picture belongs to a product.
    """
    catalogue = read_csv(table)
    (pictures,) = same_pictures(catalogue, crop_to_box=False, workers=workers, progress=progress)
    split_items(catalogue, TARGETS, crop_to_box=False, hold_out=True, pictures=pictures)
    records = {
        item.id: _record(item, is_out)
        for item, is_out in zip(catalogue.items, held_out(catalogue.items, pictures).tolist(), strict=True)
    }
    larger = {} if large_products is None else _pictures_by_id(large_products)
    sources = ProductSources(
        [SourcePicture(larger[item.id], records[item.id]) for item in catalogue.items if item.id in larger],
        [SourcePicture(catalogue.folder / i.image, records[i.id]) for i in catalogue.items if i.id not in larger],
        frozenset(item.attributes[TARGETS[0]] for item in catalogue.items if TARGETS[0] in item.attributes),
    )
    if large_products is not None and not sources.large:
        raise CatalogueError(
            f"no picture in {large_products} is named by the id of a product of {table}; "
            "name each <id>.jpg, or leave --large-products out"
        )
    return sources


def _record(item: Item, is_out: bool) -> PictureRecord:
    kept = {name: item.attributes[name] for name in (TITLE, *TARGETS) if name in item.attributes}
    return PictureRecord(item.id, kept, is_out)


def _pictures_by_id(folder: Path) -> dict[str, Path]:
    try:
        return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES}
    except OSError as error:
        raise CatalogueError(
            f"the folder of large products {folder} cannot be read: {error.strerror}; check --large-products"
        ) from error
