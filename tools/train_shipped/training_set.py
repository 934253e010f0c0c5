"""All pictures of a training on the device, read from packs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from contracts.errors import CatalogueError
from contracts.hold_out import belonging
from contracts.items import Item
from contracts.progress import ProgressBar
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.training.lookalikes.targets import TargetSplit, item_labels, photo_values, split_items
from tools.train_shipped.class_map import ClassMap, packed_class_map, street_class
from tools.train_shipped.config import TARGETS
from tools.train_shipped.customer_photos import CustomerPhotos
from tools.train_shipped.pack_files import PackedPicture, read_pack
from tools.train_shipped.pixels import LARGE_SIDE, SMALL_SIDE, STREET_SIDE, cornered, padded_squares
from tools.train_shipped.product_pictures import ProductPictures, shrunk
from tools.train_shipped.records import CATEGORY, PHOTO_SET
from tools.train_shipped.street_garments import StreetGarments

TYPE: Final = 0


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """The pictures of a training.

    Attributes:
        products: the shop's pictures.
        photos: customers' photos.
        street: garments in street photos.
        values: for each target its values among the training products, sorted.
        categories: classes of photos and garments, sorted.
    """

    products: ProductPictures
    photos: CustomerPhotos
    street: StreetGarments
    values: tuple[tuple[str, ...], ...]
    categories: tuple[str, ...]


def read_training_set(packs: Path, device: torch.device, *, workers: int, progress: ProgressBar) -> TrainingSet:
    """Decode packs into the memory of a device: about 4 GB for 35,000 products and 5,000 photos.

    Args:
        packs: folder that `pack` wrote.
        device: of all tensors.
        workers: threads that decode.
        progress: opens a progress bar for each kind.

    Raises:
        CatalogueError: a pack is missing or damaged, a target has fewer than two values among the training products,
            or a kind has no picture to train on.
        EmbeddingsError: the class map is missing or damaged.
        PictureRejected: a packed picture is damaged.
    """
    class_map = packed_class_map(packs)
    large, small = read_pack(packs, "products-large"), read_pack(packs, "products-small")
    photos, street = read_pack(packs, "photos"), read_pack(packs, "street")
    items = [Item(picture.record.id, "", picture.record.attributes) for picture in (*large, *small)]
    split = split_items(Catalogue(packs, items, "csv"), TARGETS, crop_to_box=False, hold_out=True)
    categories = sorted(
        {picture.record.attributes[CATEGORY] for picture in photos}
        | {garment.category for picture in street for garment in picture.record.garments}
    )

    def squares(pictures: Sequence[PackedPicture], side: int, label: str) -> Tensor:
        with progress(f"Decoding {label}", "picture") as show:
            return padded_squares(pictures, side, workers=workers, progress=show).to(device)

    larger = squares(large, LARGE_SIDE, "large products")
    result = TrainingSet(
        ProductPictures(
            torch.cat((shrunk(larger), squares(small, SMALL_SIDE, "products"))),
            larger,
            torch.from_numpy(item_labels(items, split)).to(device),
            torch.from_numpy(belonging(items)).to(device),
            _held_out((*large, *small), device),
        ),
        CustomerPhotos(
            squares(photos, LARGE_SIDE, "photos"),
            _numbers([picture.record.attributes[CATEGORY] for picture in photos], categories, device),
            _allowed([picture.record.attributes[CATEGORY] for picture in photos], split, class_map, device),
            _held_out(photos, device),
            _held_out_sets(photos, device),
        ),
        _street_garments(street, categories, split, class_map, device, workers, progress),
        split.classes,
        tuple(categories),
    )
    for kind, rows in (
        ("product", result.products.training_rows),
        ("customer's photo", result.photos.training_rows),
        ("garment in a street photo", result.street.training_rows),
    ):
        if not len(rows):
            raise CatalogueError(f"{packs} holds no {kind} that may be trained on; pack more pictures")
    return result


def _street_garments(
    pictures: Sequence[PackedPicture],
    categories: Sequence[str],
    split: TargetSplit,
    class_map: ClassMap,
    device: torch.device,
    workers: int,
    progress: ProgressBar,
) -> StreetGarments:
    with progress("Decoding street photos", "picture") as show:
        pixels, sizes = cornered(pictures, STREET_SIDE, workers=workers, progress=show)
    garments = [(row, garment) for row, picture in enumerate(pictures) for garment in picture.record.garments]
    photo_of = torch.tensor([row for row, _ in garments], dtype=torch.int64)
    fractions = torch.tensor([garment.box for _, garment in garments], dtype=torch.float32).reshape(-1, 4)
    named = [garment.category for _, garment in garments]
    return StreetGarments(
        pixels.to(device),
        sizes.to(device),
        _held_out(pictures, device),
        (fractions * sizes[photo_of].repeat(1, 2)).to(device),
        photo_of.to(device),
        _numbers(named, categories, device),
        _allowed([street_class(category) for category in named], split, class_map, device),
    )


def _held_out(pictures: Sequence[PackedPicture], device: torch.device) -> Tensor:
    return torch.tensor([picture.record.held_out for picture in pictures], dtype=torch.bool, device=device)


def _held_out_sets(photos: Sequence[PackedPicture], device: torch.device) -> dict[str, Tensor]:
    rows: dict[str, list[int]] = {}
    for row, picture in enumerate(photos):
        if picture.record.held_out:
            rows.setdefault(picture.record.attributes[PHOTO_SET], []).append(row)
    return {name: torch.tensor(positions, device=device) for name, positions in rows.items()}


def _numbers(categories: Sequence[str], known: Sequence[str], device: torch.device) -> Tensor:
    number = {name: position for position, name in enumerate(known)}
    return torch.tensor([number[name] for name in categories], dtype=torch.int64, device=device)


def _allowed(classes: Sequence[str], split: TargetSplit, class_map: ClassMap, device: torch.device) -> Tensor:
    """The types that pictures of some classes of the class map may show: (N, types) bool."""
    items = [Item(str(row), "", {CATEGORY_ATTRIBUTE: name}) for row, name in enumerate(classes)]
    return torch.from_numpy(photo_values(items, split, class_map)[TYPE]).to(device)
