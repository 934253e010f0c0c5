"""Customers' photos to train on."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.catalogue import CATEGORY_ATTRIBUTE, Catalogue
from model.catalogue.street_boxes import is_held_out_photo


@dataclass(frozen=True, slots=True)
class Photos:
    """Customers' photos to train on in addition to the catalogue's pictures.

    Attributes:
        catalogue: the photos.
        class_map: category of a photo -> values of the first target that it may show; None uses only the photos' own
            attributes.
    """

    catalogue: Catalogue
    class_map: Mapping[str, frozenset[str]] | None

    def without(self, shown: Collection[int | None], pictures: Sequence[int | None]) -> "Photos":
        """Leave out the photos that show certain pictures, such as those of held-out items.

        Args:
            shown: numbers of the pictures.
            pictures: number of each photo's picture; None where it cannot be read.
        """
        items = self.catalogue.items
        kept = [i for i, picture in zip(items, pictures, strict=True) if picture is None or picture not in shown]
        return dataclasses.replace(self, catalogue=dataclasses.replace(self.catalogue, items=kept))

    def split(self, *, crop_to_box: bool, hold_out: bool) -> tuple[list[Item], list[Item]]:
        """The photos to train on, and a fifth of them to test on, by the bytes of their files.

        Args:
            crop_to_box: keep the photos' boxes; otherwise whole photos are used.
            hold_out: keep a fifth for testing; otherwise, and where no other would be left, train on all.
        """
        photos = self.catalogue.items
        if not crop_to_box:
            photos = [dataclasses.replace(item, crop=None) for item in photos]
        sides = [hold_out and _is_held_out(self.catalogue, item) for item in photos]
        if all(sides):
            return list(photos), []
        return (
            [photo for photo, is_out in zip(photos, sides, strict=True) if not is_out],
            [photo for photo, is_out in zip(photos, sides, strict=True) if is_out],
        )

    def check_classes(self) -> None:
        """Refuse photos that teach no difference.

        Raises:
            CatalogueError: all photos are of one class.
        """
        classes = {item.attributes.get(CATEGORY_ATTRIBUTE) for item in self.catalogue.items}
        if self.class_map is not None and len(classes) == 1 and None not in classes:
            raise CatalogueError(
                f"all {len(self.catalogue.items):,} photos in {self.catalogue.root} are of one class, "
                f"{classes.pop()!r:.80}, so they would teach the network to call every photo that; pass the folder "
                "above it, with a folder for each class"
            )


def _is_held_out(catalogue: Catalogue, item: Item) -> bool:
    try:
        return is_held_out_photo((catalogue.folder / item.image).read_bytes())
    except OSError:
        # It is listed as unreadable later.
        return False
