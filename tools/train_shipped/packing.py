"""Packs the pictures of a training, so that they can be copied to a machine with a GPU."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.class_map import read_class_map
from contracts.errors import CatalogueError
from contracts.progress import ProgressBar
from tools.train_shipped.class_map import check_class_map, write_class_map
from tools.train_shipped.encoding import Encoding, SourcePicture, encode_pictures
from tools.train_shipped.pack_files import PackKind, write_pack
from tools.train_shipped.photo_source import photo_sources
from tools.train_shipped.pixels import LARGE_SIDE, STREET_SIDE
from tools.train_shipped.product_source import product_sources
from tools.train_shipped.street_source import street_sources

_ENCODINGS: dict[PackKind, Encoding] = {
    "products-large": Encoding(None, LARGE_SIDE, 80),
    # As they are, unless they are large themselves: these are the gallery of most scores.
    "products-small": Encoding(None, LARGE_SIDE, 88),
    "photos": Encoding(LARGE_SIDE, LARGE_SIDE * 3 // 2, 78),
    "street": Encoding(None, STREET_SIDE, 80),
}


@dataclass(frozen=True, slots=True)
class PackReport:
    """What was packed.

    Attributes:
        pictures: number of each kind.
        bytes: of the encoded pictures.
        unreadable: a sentence for each picture that was left out.
    """

    pictures: dict[PackKind, int]
    bytes: int
    unreadable: tuple[str, ...]


def pack(
    out: Path,
    *,
    products: Path,
    large_products: Path | None,
    photos: Sequence[Path],
    street: Path,
    class_map: Path,
    workers: int,
    progress: ProgressBar,
) -> PackReport:
    """Pack everything that a training needs.

    Args:
        out: folder to write.
        products: CSV of products, see `product_sources`.
        large_products: folder of large pictures of products, or None.
        photos: folders of customers' photos, see `photo_sources`.
        street: folder of street photos with boxes, see `street_sources`.
        class_map: JSON file, see `check_class_map`.
        workers: threads that encode.
        progress: opens a progress bar for each kind.

    Raises:
        CatalogueError: a source is wrong, or none of its pictures can be read.
        EmbeddingsError: the class map cannot be read.
        OSError: the disk is full.
    """
    classes = read_class_map(class_map)
    shop = product_sources(products, large_products, workers=workers, progress=progress)
    sources: dict[PackKind, list[SourcePicture]] = {
        "products-large": shop.large,
        "products-small": shop.small,
        "photos": photo_sources(photos),
        "street": street_sources(street),
    }
    taken = [source.record for kind in ("photos", "street") for source in sources[kind]]
    check_class_map(classes, shop.types, taken)
    counts: dict[PackKind, int] = {}
    used = 0
    unreadable: list[str] = []
    for kind, wanted in sources.items():
        with progress(f"Packing {kind}", "picture") as show:
            encoded = encode_pictures(wanted, _ENCODINGS[kind], workers=workers, progress=show)
        if wanted and not encoded.pictures:
            raise CatalogueError(f"none of the {len(wanted)} pictures of {kind!r} can be read: {encoded.unreadable[0]}")
        write_pack(out, kind, encoded.pictures)
        counts[kind] = len(encoded.pictures)
        used += sum(len(picture.content) for picture in encoded.pictures)
        unreadable += encoded.unreadable
    write_class_map(out, classes)
    return PackReport(counts, used, tuple(unreadable))
