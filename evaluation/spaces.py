"""The spaces in which embeddings are compared: full, reduced, and served (reduced, then re-ranked by full)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity
from contracts.search_defaults import Scaling
from evaluation.block_search import BlockSearch
from evaluation.exclusions import Exclusions
from evaluation.ranked import Advance, Ranked
from index.attributes import AttributeTable
from index.embedded_rows import EmbeddedRows
from index.fitting import fit_reduction
from index.gallery import Gallery
from index.near_items import near_from
from index.part import QueryVectors
from index.ranking import Ranking
from index.reduction import Reduction, unit_rows
from index.scoring import scoring_of
from index.selection import Selection

SpaceName = Literal["full", "reduced", "served"]
SPACE_NAMES: tuple[SpaceName, ...] = get_args(SpaceName)
# In the order in which they say what customers get.
SHOWN_FIRST: tuple[SpaceName, ...] = ("served", "reduced", "full")
_CONVERTED_AT_ONCE = 8_192


@dataclass(frozen=True, slots=True)
class ReductionSettings:
    """How the gallery is reduced and searched, as in an index.

    Attributes:
        scaling, components, whiten: see `index.fitting.fit_reduction`.
        rerank: number of first results that the space `served` re-ranks by the full embeddings.
    """

    scaling: Scaling
    components: int | float
    whiten: bool
    rerank: int


class Space(Protocol):
    """A gallery and its queries in one space."""

    @property
    def name(self) -> SpaceName:
        """Name of the space."""

    @property
    def components(self) -> int:
        """Dimensions."""

    @property
    def explained_variance(self) -> float | None:
        """Share of the gallery's variance that a reduction keeps, 0 to 1; None in the full space."""

    def search(self, queries: NDArray[np.int64], left_out: Exclusions, *, limit: int, progress: Advance) -> Ranked:
        """The items most similar to some of the queries.

        Args:
            queries: (n,) int64 indices of the queries.
            left_out: for each of these n queries, the gallery rows that it must not find.
            limit: most items per query.
            progress: called with the number of queries done since the last call.
        """


@dataclass(frozen=True, slots=True)
class OpenGallery:
    """A gallery that is ready to be searched in some spaces, by any queries of the same model.

    Attributes:
        names: of the spaces.
        full: the full embeddings, for the space `full`.
        reduction, columns: the reduction and the reduced embeddings, for the spaces `reduced` and `served`.
        items: reduced and full embeddings as a bundle holds them, for the space `served`.
        window: see `index.ranking.Ranking`.
    """

    names: Sequence[SpaceName]
    full: BlockSearch | None
    reduction: Reduction | None
    columns: Gallery | None
    items: EmbeddedRows | None
    window: int

    def spaces(self, queries: NDArray[np.float32]) -> list[Space]:
        """The spaces for some queries, (Q, 512) float32, in the order of `SPACE_NAMES`."""
        spaces: dict[SpaceName, Space] = {}
        if self.full is not None:
            spaces["full"] = _Full(self.full, queries)
        if self.reduction is not None and self.columns is not None:
            reduced = _Reduced(self.reduction, self.columns, self.reduction.reduce(queries))
            spaces["reduced"] = reduced
            if self.items is not None:
                spaces["served"] = _Served(reduced, self.items, queries, self.window)
        return [spaces[name] for name in SPACE_NAMES if name in self.names]

    def resembling(self, queries: NDArray[np.float32], left_out: Exclusions, similarity: float) -> NDArray[np.int64]:
        """How many items have at least this similarity of reduced embeddings to each query: (Q,) int64.

        That is the length of a list that `min_score=auto` cuts off, see `index.ranking.Ranking.resembling`.

        Args:
            queries: (Q, 512) float32.
            left_out: for each query the gallery rows that it must not find.
            similarity: -1 to 1.

        Raises:
            ValueError: the gallery was opened without a reduction.
        """
        if self.reduction is None or self.columns is None:
            raise ValueError("the gallery has no reduced embeddings; open it for the space reduced or served")
        counts = np.empty(len(queries), np.int64)
        for position, query in enumerate(self.reduction.reduce(queries)):
            among, row = _unwanted(left_out[position], len(self.columns))
            counts[position] = self.columns.at_least(query, similarity, among=among, exclude_row=row).count
        return counts


def open_gallery(
    gallery: NDArray[np.float32], names: Sequence[SpaceName], settings: ReductionSettings, model: ModelIdentity
) -> OpenGallery:
    """Prepare a gallery for searching; a reduction is fitted on the gallery alone, as for an index.

    Args:
        gallery: (N, 512) float32.
        names: of the spaces to prepare, at least one.
        settings: of the spaces `reduced` and `served`.
        model: the model that made the embeddings.

    Raises:
        BundleError: the gallery's embeddings are all equal, or there are none.
    """
    full = BlockSearch(gallery) if "full" in names else None
    if not {"reduced", "served"} & set(names):
        return OpenGallery(names, full, None, None, None, settings.rerank)
    reduction = fit_reduction(
        gallery,
        scaling=settings.scaling,
        components=settings.components,
        whiten=settings.whiten,
        seed=0,
    )
    columns = Gallery.of(unit_rows(reduction.reduce(gallery)))
    if "served" not in names:
        return OpenGallery(names, full, reduction, columns, None, settings.rerank)
    halves = _half_units(gallery)
    items = EmbeddedRows(
        columns,
        halves,
        AttributeTable.empty(len(columns)),
        scoring=scoring_of(model.parts, near_from(columns, halves, model.parts)),
    )
    return OpenGallery(names, full, reduction, columns, items, settings.rerank)


def open_spaces(
    gallery: NDArray[np.float32],
    queries: NDArray[np.float32],
    names: Sequence[SpaceName],
    settings: ReductionSettings,
    model: ModelIdentity,
) -> list[Space]:
    """Prepare spaces for searching with some queries, (Q, 512) float32; see `open_gallery`.

    Raises:
        BundleError: the gallery's embeddings are all equal, or there are none.
    """
    return open_gallery(gallery, names, settings, model).spaces(queries)


@dataclass(frozen=True, slots=True)
class _Full:
    gallery: BlockSearch
    queries: NDArray[np.float32]
    name: SpaceName = "full"
    explained_variance: None = None

    @property
    def components(self) -> int:
        return int(self.queries.shape[1])

    def search(self, queries: NDArray[np.int64], left_out: Exclusions, *, limit: int, progress: Advance) -> Ranked:
        return self.gallery.search(self.queries[queries], left_out, limit=limit, progress=progress)


@dataclass(frozen=True, slots=True)
class _Reduced:
    reduction: Reduction
    gallery: Gallery
    queries: NDArray[np.float32]
    name: SpaceName = "reduced"

    @property
    def components(self) -> int:
        return self.reduction.components

    @property
    def explained_variance(self) -> float:
        return min(1.0, float(self.reduction.explained_variance_ratio.sum()))

    def search(self, queries: NDArray[np.int64], left_out: Exclusions, *, limit: int, progress: Advance) -> Ranked:
        found = Ranked.empty(len(queries), limit)
        for position, query in enumerate(queries.tolist()):
            among, row = _unwanted(left_out[position], len(self.gallery))
            hits = self.gallery.search(self.queries[query], limit=limit, among=among, exclude_row=row)
            found.put(position, hits.rows, hits.similarities)
            progress(1)
        return found


@dataclass(frozen=True, slots=True)
class _Served:
    """What `PartSearcher` ranks, asked below its seam.

    Which items a query must not find is known by row here, the same for every space: itself by its picture's digest,
    and its siblings. The seam's questions name ids and fields, and never rows.
    """

    reduced: _Reduced
    items: EmbeddedRows
    full_queries: NDArray[np.float32]
    window: int
    name: SpaceName = "served"

    @property
    def components(self) -> int:
        return self.reduced.components

    @property
    def explained_variance(self) -> float:
        return self.reduced.explained_variance

    def search(self, queries: NDArray[np.int64], left_out: Exclusions, *, limit: int, progress: Advance) -> Ranked:
        found = Ranked.empty(len(queries), limit)
        for position, query in enumerate(queries.tolist()):
            among, row = _unwanted(left_out[position], len(self.reduced.gallery))
            ranking = Ranking(
                self.items.candidates(among, exclude_row=row),
                QueryVectors(self.reduced.queries[query], np.asarray(self.full_queries[query])),
                window=self.window,
            )
            page = ranking.page(limit=limit)
            # Without numbers of their own, items have their rows'.
            found.put(position, page.numbers, page.scores)
            progress(1)
        return found


def _unwanted(rows: NDArray[np.int64], items: int) -> tuple[Selection | None, int | None]:
    """The arguments `among` and `exclude_row` of a search that leaves out these rows."""
    if len(rows) <= 1:
        return None, int(rows[0]) if len(rows) else None
    mask = np.ones(items, np.bool_)
    mask[rows] = False
    return Selection.where(mask), None


def _half_units(embeddings: NDArray[np.float32]) -> NDArray[np.float16]:
    """The embeddings as a bundle stores them: float16 unit rows."""
    halves = np.empty(embeddings.shape, np.float16)
    for start in range(0, len(embeddings), _CONVERTED_AT_ONCE):
        part = slice(start, start + _CONVERTED_AT_ONCE)
        halves[part] = unit_rows(np.asarray(embeddings[part]))
    return halves
