"""Search by rows, as tests beside slow oracles ask it: one ranking for each question."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.items import Item
from index.attributes import AttributeTable, sort_by_value
from index.columns.fields import Fields
from index.conditions import parse_condition
from index.embedded_rows import EmbeddedRows
from index.gallery import Gallery
from index.part import QueryVectors
from index.ranking import RankedItems, Ranking
from index.scoring import WHOLE, Scoring
from index.selection import Selection
from index.tabulation import tabulate_attributes
from tests.index.slow_gallery import gallery_of, unit_columns

GROUP = "group"


def select(attributes: AttributeTable, filters: list[str], excludes: list[str]) -> Selection | None:
    """As a searcher does: conditions are read by the kinds of their columns, and then looked up."""
    fields = Fields({name: column.kind for name, column in attributes.columns.items()}, attributes)
    needed, unwanted = (fields.tests([parse_condition(text) for text in texts]) for texts in (filters, excludes))
    return attributes.select(needed, unwanted)


def table_of(items: Sequence[Item], kinds: Mapping[str, str] | None = None) -> AttributeTable:
    """The attributes of some items, as a build tabulates them."""
    tabulated = tabulate_attributes(items, kinds)
    return AttributeTable(tabulated.columns, tabulated.codes, sort_by_value(tabulated.codes))


def grouped(groups: NDArray[np.int32]) -> AttributeTable:
    """Items whose one attribute is the number of their group; -1: they have none."""
    items = [Item(str(n), "", {GROUP: str(group)} if group >= 0 else {}) for n, group in enumerate(groups.tolist())]
    return table_of(items)


class SearchedRows:
    """Embeddings of some items; an item's number is its row."""

    def __init__(
        self,
        gallery: Gallery,
        full: NDArray[np.float16],
        *,
        window: int,
        scoring: Scoring = WHOLE,
        attributes: AttributeTable | None = None,
    ) -> None:
        self.items = EmbeddedRows(gallery, full, attributes or AttributeTable.empty(len(gallery)), scoring=scoring)
        self._window = window

    def item_query(self, row: int) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        vectors = self.items.vectors(row)
        return vectors.reduced, vectors.full

    def ranking(
        self,
        reduced: NDArray[np.float32],
        full: NDArray[np.float32] | None,
        *,
        among: Selection | None = None,
        exclude_row: int | None = None,
    ) -> Ranking:
        candidates = self.items.candidates(among, exclude_row=exclude_row)
        return Ranking(candidates, QueryVectors(reduced, full), window=self._window)

    def search(
        self,
        reduced: NDArray[np.float32],
        full: NDArray[np.float32] | None,
        *,
        limit: int,
        offset: int = 0,
        among: Selection | None = None,
        min_score: float | None = None,
        exclude_row: int | None = None,
    ) -> RankedItems:
        ranking = self.ranking(reduced, full, among=among, exclude_row=exclude_row)
        return ranking.page(limit=limit, offset=offset, min_score=min_score)


def large(rows: int = 9000, *, window: int, seed: int = 3) -> tuple[SearchedRows, Gallery, NDArray[np.float16]]:
    """Reduced embeddings that are the first components of the full ones."""
    vectors = np.random.default_rng(seed).standard_normal((rows, 512)) * np.linspace(3.0, 0.3, 512)
    full = np.ascontiguousarray(unit_columns(vectors.T).T, np.float16)
    gallery = gallery_of(unit_columns(vectors[:, :30].T))
    return SearchedRows(gallery, full, window=window), gallery, full
