"""The seam between who asks and who searches."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.query import ColumnDescription, ItemRecord, Listing, ListingQuery, Page, SearchQuery


class Searcher(Protocol):
    """A catalogue that can be asked, wherever its items lie.

    All methods may be called from several threads at once. Those that take a question may take long: `takes_long` says
    so beforehand.
    """

    def takes_long(self, question: SearchQuery | ListingQuery | None) -> bool:
        """Whether an event loop should leave a question to a thread; answered at once.

        Args:
            question: None for `item`.
        """

    def check(self, query: SearchQuery) -> None:
        """Refuse what `find` would refuse, at once: before an embedding is paid for.

        Raises:
            FilterError: a field is unknown, or a condition is malformed.
        """

    def find(self, query: SearchQuery, embedding: NDArray[np.float32]) -> Page:
        """The items that look like a picture.

        Args:
            query: which of them.
            embedding: (512,) of the picture, of any length, by the model that embedded the catalogue.

        Raises:
            FilterError: a field is unknown, or a condition is malformed.
            ValueError: the embedding has another shape, or is not finite.
        """

    def find_like(self, query: SearchQuery, item_id: str) -> Page:
        """The items that look like one of the catalogue.

        Raises:
            UnknownItemError: there is no such item.
            FilterError: a field is unknown, or a condition is malformed.
        """

    def item(self, item_id: str) -> ItemRecord:
        """What is stored of an item.

        Raises:
            UnknownItemError: there is no such item.
        """

    def listing(self, query: ListingQuery) -> Listing:
        """Items of the catalogue, in its order or a random one that its seed repeats.

        Raises:
            FilterError: a field is unknown, or a condition is malformed.
        """

    def attributes(self) -> Sequence[ColumnDescription]:
        """All attributes, in the order in which the items first show them."""
