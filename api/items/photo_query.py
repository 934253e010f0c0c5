"""What is searched for when a photo is searched with."""

from dataclasses import dataclass

from api.items.rounded_embedding import RoundedEmbedding
from contracts.box import Box
from contracts.embedding_reply import Embedded
from contracts.found_garments import DECIMALS


@dataclass(frozen=True, slots=True)
class PhotoQuery:
    """A photo as far as its look-alikes and their answer need it; a query token holds the same.

    Attributes:
        embedding: of the photo, or of the part that is searched for.
        width, height: of the photo after EXIF orientation, pixels.
        box: the part that is searched for, or None for all of it.
        category: name and confidence with four decimals, or None.
    """

    embedding: RoundedEmbedding
    width: int
    height: int
    box: Box | None
    category: tuple[str, float] | None

    @classmethod
    def of(cls, reply: Embedded, box: Box | None) -> "PhotoQuery":
        """The query for a photo.

        Args:
            reply: a worker's.
            box: the part that the client chose, or None.
        """
        category = None
        if reply.category is not None:
            name, confidence = reply.category
            category = name, round(confidence, DECIMALS)
        return cls(
            RoundedEmbedding.of(reply.embedding),
            reply.width,
            reply.height,
            reply.chosen_box if box is None else box,
            category,
        )
