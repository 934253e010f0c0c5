"""What an installation must carry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of an installation, at its busiest.

    Attributes:
        items: of the catalogue.
        photos_per_s: searches by a photo that was not sent before.
        searches_per_s: searches by an item, each asked for the first time.
        changes_per_hour: items that are put or changed.
        live: whether there is a database of the items.
        picture_bytes: mean size of a picture of the catalogue.
    """

    items: int
    photos_per_s: float
    searches_per_s: float
    changes_per_hour: float
    live: bool
    picture_bytes: float

    @property
    def changes_per_s(self) -> float:
        """The changes in the unit of the other rates."""
        return self.changes_per_hour / 3600
