"""Items of the catalogue, their pictures and attributes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexSummary:
    """The index that has answered.

    Attributes:
        version: of the index.
        model: version of the network that computed its embeddings.
        items: number of items in it.
        sequence: the change of the live catalogue whose state it shows; None without one.
    """

    version: str
    model: str
    items: int
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the catalogue.

    Attributes:
        id: of the item.
        image_url: of its picture; `Client.picture_url` makes it absolute.
        attributes: name -> value, as in the source data.
    """

    id: str
    image_url: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A page of the catalogue.

    Attributes:
        request_id: what finds the request in the service's log.
        index: that has answered.
        items: of the page.
        total: number of items after filters.
        limit: most items of a page.
        offset: number of items before this page.
        seed: of the random order; None in catalogue order.
    """

    request_id: str
    index: IndexSummary
    items: tuple[Item, ...]
    total: int
    limit: int
    offset: int
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute.

    Attributes:
        kind: `text`, `number` or `list`.
        distinct: number of different values.
        missing: number of items without a value.
        values: value -> number of items that have it, the most frequent ones.
        min: the smallest number; None unless `kind` is `number`.
        max: the largest number, likewise.
    """

    kind: str
    distinct: int
    missing: int
    values: Mapping[str, int]
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class AttributeList:
    """The attributes by their names."""

    attributes: Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of an item.

    Attributes:
        data: the file.
        media_type: such as `image/jpeg`.
        etag: changes with the picture.
    """

    data: bytes
    media_type: str
    etag: str | None


@dataclass(frozen=True, slots=True)
class ChangedItem:
    """An item after a change.

    Attributes:
        request_id: what finds the request in the service's log.
        item: as it is now.
        version: of the item; 1 more with each change.
        sequence: of the change; an index of at least this `sequence` shows it.
        changed: False: it was the same already.
    """

    request_id: str
    item: Item
    version: int
    sequence: int
    changed: bool

    @property
    def etag(self) -> str:
        """What `if_match` takes: the next change only happens if nobody else has changed the item meanwhile."""
        return f'"{self.version}"'
