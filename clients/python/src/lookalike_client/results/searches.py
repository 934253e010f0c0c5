"""Items that look like a photo or like another item."""

from collections.abc import Mapping
from dataclasses import dataclass

from lookalike_client.results.items import IndexSummary, Item

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 as fractions of the photo after its EXIF orientation was applied."""


@dataclass(frozen=True, slots=True)
class SimilarItem(Item):
    """An item that was found.

    Attributes:
        rank: 1 is the most similar.
        score: cosine similarity, -1 to 1.
    """

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Category:
    """The category that the network predicts for the photo, and how certain it is, 0 to 1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class PhotoObject:
    """A garment that was found in the photo; its box can be searched for, its score says how certain it is."""

    type: str
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Query:
    """What was searched for.

    Attributes:
        item_id: of the item; None for a photo.
        width: of the photo after EXIF orientation, pixels; None for an item.
        height: likewise.
        box: the part of the photo that was searched for; None: all of it.
        category: of the photo, if the network predicts one.
        objects: garments in the photo, the most certain first; None if none were looked for.
        token: finds the same again without the photo (`similar_by_token`); None for an item.
    """

    item_id: str | None
    width: int | None = None
    height: int | None = None
    box: Box | None = None
    category: Category | None = None
    objects: tuple[PhotoObject, ...] | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class SimilarItems:
    """Items that look like the query, most similar first.

    Attributes:
        request_id: what finds the request in the service's log.
        query: what was searched for.
        index: that has answered.
        items: of the page.
        total: number of matches after filters and `min_score`; of groups with `group_by`.
        limit: most items of a page.
        offset: number of items before this page.
        timing_ms: stage -> milliseconds.
        facets: field -> value -> number of matches that have it; None unless asked for.
    """

    request_id: str
    query: Query
    index: IndexSummary
    items: tuple[SimilarItem, ...]
    total: int
    limit: int
    offset: int
    timing_ms: Mapping[str, float | None]
    facets: Mapping[str, Mapping[str, int]] | None = None

    @property
    def token(self) -> str:
        """What `similar_by_token` takes, to find the same again without the photo.

        Raises:
            ValueError: the query was an item.
        """
        if self.query.token is None:
            raise ValueError("a search by item has no token; search for the item again")
        return self.query.token
