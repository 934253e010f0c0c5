"""A catalogue as its reader returns it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from contracts.errors import CatalogueError
from contracts.items import Item
from feeds.formats import FeedFormat
from model.catalogue.bad_rows import BadRow
from storage.object_root import ObjectRoot

CatalogueKind = Literal["folder", "deepfashion", "deepfashion-inshop", "street"] | FeedFormat
CATALOGUE_KINDS: tuple[CatalogueKind, ...] = (
    "folder",
    "csv",
    "deepfashion",
    "deepfashion-inshop",
    "street",
    "ndjson",
    "google-xml",
    "google-tsv",
    "shopify-csv",
)
CATEGORY_ATTRIBUTE = "category"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The items of a catalogue, in its order.

    Attributes:
        root: what `Item.image` is relative to: the absolute path of a folder, or a prefix of an object store.
        items: at least one, with unique ids; whether their pictures exist and can be read is not checked.
        kind: how the catalogue was read.
        categories: class names. If the source numbers them, all that were asked for, in the order of their
            numbers, so that the order is the same for every partition; else sorted.
        skipped: number of files, pictures and boxes left out on purpose.
        notes: what was left out and why, in sentences.
        bad_rows: rows and files that cannot be used and were skipped.
        follow_links: whether pictures may be read through links that lead out of the root.
    """

    root: Path | ObjectRoot
    items: list[Item]
    kind: CatalogueKind
    categories: tuple[str, ...] = ()
    skipped: int = 0
    notes: tuple[str, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()
    follow_links: bool = False

    def embedded_items(self, *, crop_to_box: bool) -> list[Item]:
        """The items with the crops by which they are embedded: those of garments on photos, of others if asked for."""
        if crop_to_box or self.kind == "street":
            return self.items
        return [replace(item, crop=None) for item in self.items]

    @property
    def folder(self) -> Path:
        """The root, where only a folder will do.

        Raises:
            CatalogueError: it is in an object store.
        """
        if isinstance(self.root, ObjectRoot):
            raise CatalogueError(
                f"{self.root} is in an object store, from which pictures are only embedded (`lookalike extract`); copy "
                "the catalogue to a folder for this"
            )
        return self.root

    @property
    def failed(self) -> int:
        """How many bad rows are more than empty ones."""
        return sum(not bad.is_empty for bad in self.bad_rows)
