"""Questions of every kind, and the answers of a searcher as values that can be compared."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.errors import LookalikeError
from index.conditions import Condition
from index.part_searcher import PartSearcher
from index.query import ListingQuery, SearchQuery, ValuesQuery

FIELDS = ("title", "colour", "year", "sizes", "note", "size in cm")
VALUES = (
    "Black",
    "Navy, Blue",
    "2007",
    "2019",
    "S|M",
    "M",
    "Shirt 3",
    "Shirt 13",
    "écru",
    "1000..3000",
    "..50",
    "1..2",
)


def draw_conditions(generator: np.random.Generator) -> tuple[Condition, ...]:
    return tuple(
        Condition(str(generator.choice(FIELDS)), tuple(generator.choice(VALUES, generator.integers(1, 4)).tolist()))
        for _ in range(generator.choice([0, 0, 1, 2]))
    )


def draw_search(generator: np.random.Generator, ids: Sequence[str]) -> SearchQuery:
    def one(*choices: object) -> object:
        return choices[generator.integers(len(choices))]

    return SearchQuery(
        conditions=draw_conditions(generator),
        exclusions=draw_conditions(generator),
        group_by=one(None, None, *FIELDS),  # type: ignore[arg-type]
        facets=one(None, ("colour", "title", "year"), FIELDS),  # type: ignore[arg-type]
        facet_values=one(1000, 2),  # type: ignore[arg-type]
        min_score=one(None, None, "auto", -1.0, 0.3, 0.9, 1.0),  # type: ignore[arg-type]
        limit=one(1, 12, 100, 1000),  # type: ignore[arg-type]
        offset=one(0, 0, 0, 5, 60),  # type: ignore[arg-type]
        excluded_item=one(None, "unknown", *ids[:3]),  # type: ignore[arg-type]
    )


def answers(
    searcher: PartSearcher, generator: np.random.Generator, ids: Sequence[str], photo: NDArray[np.float32]
) -> list[object]:
    """The answers to one question of each kind, drawn by a generator; errors that people see are answers too."""
    search, other = draw_search(generator, ids), draw_search(generator, ids)
    listing = ListingQuery(draw_conditions(generator), draw_conditions(generator), limit=40, offset=3)
    shuffled = ListingQuery(draw_conditions(generator), limit=1000, seed=int(generator.integers(3)))
    field, prefix = str(generator.choice(FIELDS)), str(generator.choice(["", "s", "2", "É"]))
    item_id = ids[int(generator.integers(len(ids)))]
    questions = (
        lambda: ordered(searcher.find(search, photo)),
        lambda: searcher.find(SearchQuery(limit=1000), photo),
        lambda: ordered(searcher.find_like(other, item_id)),
        lambda: searcher.listing(listing),
        lambda: searcher.listing(shuffled),
        lambda: searcher.listing(ListingQuery(limit=5, offset=2)),
        lambda: searcher.listing(ListingQuery(limit=1000, seed=1)),
        lambda: list(searcher.attributes()),
        lambda: list(searcher.values(ValuesQuery(field, prefix, 4)).items()),
        lambda: (searcher.has(item_id), searcher.item(item_id)),
    )
    return [_answer(question) for question in questions]


def _answer(question: object) -> object:
    try:
        return question()  # type: ignore[operator]
    except LookalikeError as error:
        return type(error), str(error)


def ordered(page: object) -> object:
    """The order of facets' values counts too."""
    facets = getattr(page, "facets", None)
    return page, None if facets is None else [(field, list(counts.items())) for field, counts in facets.items()]
