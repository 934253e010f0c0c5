"""The interface between search and its callers."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.query import ColumnDescription, ItemRecord, Listing, ListingQuery, Page, SearchQuery, ValuesQuery


class Searcher(Protocol):
    """A catalogue that can be searched, wherever its items are stored.

    All methods may be called from several threads at once. Those that take a query may take long; `takes_long` tells
    beforehand. All but `remote` and `takes_long` may ask a search engine, and then raise
    `contracts.errors.SearchUnavailableError` if it cannot answer now.
    """

    @property
    def remote(self) -> bool:
        """Whether it asks a search engine, so that no event loop may call its other methods."""

    def takes_long(self, question: SearchQuery | ListingQuery | ValuesQuery | None) -> bool:
        """Whether an event loop should run a query in a thread; returns at once.

        Args:
            question: the query; None for `item`.
        """

    def check(self, query: SearchQuery) -> None:
        """Refuse at once the queries that `find` would refuse, so that no embedding is computed for them.

        Raises:
            FilterError: a field is unknown, or a condition is malformed.
        """

    def find(self, query: SearchQuery, embedding: NDArray[np.float32]) -> Page:
        """The items that look like a picture.

        Args:
            query: filters, grouping and paging.
            embedding: (512,) of the picture, of any length, computed by the model that embedded the catalogue.

        Raises:
            FilterError: a field is unknown, or a condition is malformed.
            ValueError: the embedding has another shape, or is not finite.
        """

    def find_like(self, query: SearchQuery, item_id: str) -> Page:
        """The items that look like an item of the catalogue.

        Raises:
            UnknownItemError: there is no such item.
            FilterError: a field is unknown, or a condition is malformed.
        """

    def has(self, item_id: str) -> bool:
        """Whether there is an item with this id; takes about a microsecond if the items are in memory."""

    def having(self, item_ids: Sequence[str]) -> list[bool]:
        """For each id what `has` tells; an engine is asked once for all of them."""

    def item(self, item_id: str, fields: Sequence[str] | None = None) -> ItemRecord:
        """All stored data of an item.

        Args:
            item_id: of the item.
            fields: the attributes that it is returned with; None: all.

        Raises:
            UnknownItemError: there is no such item.
            FilterError: a field is unknown.
        """

    def listing(self, query: ListingQuery) -> Listing:
        """Items in catalogue order, or in a random order that can be repeated with its seed.

        Raises:
            FilterError: a field is unknown, or a condition is malformed.
        """

    def attributes(self) -> Sequence[ColumnDescription]:
        """All attributes, in order of first appearance in the items."""

    def values(self, query: ValuesQuery) -> dict[str, int]:
        """Values of one column that begin with a text, and their numbers of items, most frequent first.

        Raises:
            FilterError: there is no such field.
        """
