"""What is known about a packed picture."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

CATEGORY, PHOTO_SET = "category", "set"


@dataclass(frozen=True, slots=True)
class Garment:
    """A garment in a street photo.

    Attributes:
        category: its class, such as `skirt`.
        box: (x1, y1, x2, y2), fractions of the photo's width and height.
    """

    category: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """A picture and its labels.

    Attributes:
        id: unique among the pictures of its kind.
        attributes: of a product its title and targets, of a customer's photo its `category` and its `set`, the folder
            that it is from. Empty for street photos.
        held_out: whether it is kept for scoring and must never be trained on.
        garments: of a street photo.
    """

    id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    held_out: bool = False
    garments: tuple[Garment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All fields, JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Parse what `to_json` returned.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        garments = []
        for garment in fields["garments"]:
            x1, y1, x2, y2 = garment["box"]
            garments.append(Garment(str(garment["category"]), (float(x1), float(y1), float(x2), float(y2))))
        return cls(str(fields["id"]), dict(fields["attributes"]), bool(fields["held_out"]), tuple(garments))
