"""A catalogue in several parts answers exactly as it does in one."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.embedding_set import EmbeddingSet
from contracts.errors import FilterError, UnknownItemError
from contracts.items import Item
from index.attributes import AttributeTable
from index.building import build_bundle
from index.bundle import Bundle, open_current
from index.bundle_part import BundlePart
from index.conditions import Condition
from index.embedded_rows import EmbeddedRows
from index.gallery import Gallery
from index.items import ItemTable, write_items
from index.merged_candidates import MergedCandidates
from index.merged_part import MergedPart
from index.part import Candidates, Part
from index.part_searcher import PartSearcher
from index.query import ListingQuery, SearchQuery, ValuesQuery
from index.reduction import unit_rows
from tests.drawn_sets import MODEL, draw_embeddings
from tests.index.searched_rows import table_of

ITEMS = 700
TWINS = 100
FIELDS = ("title", "colour", "year", "late", "mixed", "sizes")


def draw_catalogue() -> EmbeddingSet:
    """A hundred identical rows, and pairs of others; a field that begins late, and one that is not all numbers."""
    generator = np.random.default_rng(8)
    embeddings = draw_embeddings(ITEMS, seed=8)
    embeddings[200 : 200 + TWINS] = embeddings[3]
    embeddings[400:550] = embeddings[:150]
    items = []
    for row in range(ITEMS):
        attributes = {"title": f"Shirt {row // 3}", "colour": ("Black", "Navy, Blue", "White")[row % 3]}
        if row % 5:
            attributes["year"] = str(2000 + int(generator.integers(0, 20)))
        if row % 7 == 0:
            del attributes["title"]
        if row > 333:
            attributes["late"] = f"l{row % 4}"
            attributes["sizes"] = ("S|M", "M|L|XL", "M", "XL|S")[row % 4]
        if row % 2:
            attributes["mixed"] = "none" if row % 100 == 1 else str(row % 30)
        items.append(Item(f"shop/{row}", f"{row}.jpg", attributes, crop=(0, 0, 9, row + 1) if row % 2 else None))
    return EmbeddingSet(items, embeddings, MODEL, "/catalogue")


@pytest.fixture(scope="module")
def catalogue() -> EmbeddingSet:
    return draw_catalogue()


@pytest.fixture(scope="module")
def bundle(catalogue: EmbeddingSet, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("merged")
    build_bundle(catalogue, folder, components=12, kinds={"sizes": "list"}, now=datetime(2026, 11, 23, tzinfo=UTC))
    return open_current(folder)


def part_of(bundle: Bundle, items: Sequence[Item], rows: NDArray[np.int64]) -> BundlePart:
    """Some of a bundle's items, tabled and laid out afresh, under the numbers that they have in it."""
    own = [items[row] for row in rows.tolist()]
    stream = io.BytesIO()
    offsets = write_items(own, stream)
    embedded = EmbeddedRows(
        Gallery.of(bundle.gallery.vectors()[rows]),
        np.ascontiguousarray(bundle.full_embeddings[rows]),
        table_of(own, {name: bundle.attributes.columns[name].kind.name for item in own for name in item.attributes}),
        rows,
        scoring=bundle.scoring,
    )
    return BundlePart(embedded, ItemTable(stream.getvalue(), offsets))


def split(bundle: Bundle, items: Sequence[Item], way: str) -> Part:
    place = np.arange(ITEMS)
    if way == "behind":
        masks = [place < 500, place >= 500]
    elif way == "one":
        masks = [place != 501, place == 501]
    else:
        drawn = np.random.default_rng(3).integers(0, 3 if way == "three" else 2, ITEMS)
        masks = [drawn == number for number in range(drawn.max() + 1)]
    parts: list[Part] = [part_of(bundle, items, np.flatnonzero(mask)) for mask in masks]
    return MergedPart([MergedPart(parts[:2]), *parts[2:]] if way == "three" else parts)


@pytest.fixture(scope="module", params=["behind", "one", "mixed", "three"])
def part(request: pytest.FixtureRequest, bundle: Bundle, catalogue: EmbeddingSet) -> Part:
    return split(bundle, catalogue.items, request.param)


def draw_conditions(generator: np.random.Generator) -> tuple[Condition, ...]:
    drawn = []
    for _ in range(generator.integers(0, 3)):
        field = str(generator.choice(FIELDS))
        low, high = sorted(generator.integers(1998, 2021, 2).tolist())
        values = {
            "title": [f"Shirt {number}" for number in generator.integers(0, 240, 3)],
            "colour": ["Black", "Navy, Blue"],
            "year": [f"{low}..{high}", "2007"],
            "late": ["l0", "l3", "nothing"],
            "mixed": ["7", "none", "20"],
            "sizes": ["M", "XL", "nothing"],
        }[field]
        drawn.append(Condition(field, tuple(values[: generator.integers(1, len(values) + 1)])))
    return tuple(drawn)


def draw_query(generator: np.random.Generator) -> SearchQuery:
    def one(*choices: object) -> object:
        return choices[generator.integers(len(choices))]

    return SearchQuery(
        conditions=draw_conditions(generator),
        exclusions=draw_conditions(generator),
        group_by=one(None, None, *FIELDS[:-1]),  # type: ignore[arg-type]
        facets=one(None, FIELDS, ("mixed",), ("sizes",)),  # type: ignore[arg-type]
        facet_values=one(1000, 3),  # type: ignore[arg-type]
        min_score=one(None, "auto", -1.0, 0.0, 0.3, 0.9, 1.0),  # type: ignore[arg-type]
        limit=one(1, 12, 90, 1000),  # type: ignore[arg-type]
        offset=one(0, 0, 1, 95, 398),  # type: ignore[arg-type]
        excluded_item=one(None, "shop/3", "shop/501", "unknown"),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("window", [0, 6, 150, 400])
def test_searches_are_answered_as_by_one_part(bundle: Bundle, part: Part, catalogue: EmbeddingSet, window: int) -> None:
    one = PartSearcher.of(replace(bundle, resemblance_from=0.2), window=window)
    several = PartSearcher(part, bundle.reduction, window=window, resemblance_from=0.2)
    generator = np.random.default_rng([window, 1])
    for number in range(150):
        query = draw_query(generator)
        row = [3, 250, 501, int(generator.integers(ITEMS))][number % 4]
        expected, found = (searcher.find_like(query, f"shop/{row}") for searcher in (one, several))
        assert found == expected, query
        if query.facets is not None:
            assert found.facets is not None
            assert expected.facets is not None
            for field, counts in expected.facets.items():
                assert list(found.facets[field].items()) == list(counts.items())
        noise = generator.standard_normal(512).astype(np.float32)
        photo = catalogue.embeddings[row] + np.float32(0.1 * (number % 3)) * noise
        assert several.find(query, photo) == one.find(query, photo), query


def test_twins_come_in_the_order_of_the_catalogue(bundle: Bundle, part: Part) -> None:
    several = PartSearcher(part, bundle.reduction, window=400)
    page = several.find_like(SearchQuery(limit=102), "shop/3")
    assert [item.id for item in page.items] == [f"shop/{row}" for row in (3, *range(200, 300), 403)]
    assert len({item.score for item in page.items}) == 1


def test_listings_are_those_of_one_part(bundle: Bundle, part: Part) -> None:
    one = PartSearcher.of(bundle)
    several = PartSearcher(part, bundle.reduction, window=400)
    generator = np.random.default_rng(2)
    for number in range(120):
        query = ListingQuery(
            conditions=draw_conditions(generator),
            exclusions=draw_conditions(generator),
            limit=int(generator.integers(1, 90)),
            offset=int(generator.choice([0, 10, 300, 10_000])),
            seed=[None, 4, 5][number % 3],
        )
        assert several.listing(query) == one.listing(query), query


def test_items_and_columns_are_those_of_one_part(bundle: Bundle, part: Part) -> None:
    one = PartSearcher.of(bundle)
    several = PartSearcher(part, bundle.reduction, window=400)
    several.warm_up()
    assert list(several.attributes()) == list(one.attributes())
    kinds = {column.name: column.kind for column in several.attributes()}
    assert list(kinds) == list(bundle.attributes.columns)
    # A part of it may hold nothing but numbers.
    assert (kinds["mixed"], kinds["year"]) == ("text", "number")
    for query in (ValuesQuery("title", "SHIRT 1", 7), ValuesQuery("sizes"), ValuesQuery("year", "201")):
        assert list(several.values(query).items()) == list(one.values(query).items())
        assert one.values(query)
    for item_id in ("shop/0", "shop/501", "shop/699"):
        assert several.item(item_id) == one.item(item_id)
    for searcher in (one, several):
        with pytest.raises(UnknownItemError, match="'shop/700'"):
            searcher.item("shop/700")
        with pytest.raises(UnknownItemError):
            searcher.find_like(SearchQuery(conditions=(Condition("nothing", ("a",)),)), "shop/700")
        with pytest.raises(FilterError, match="the fields are: colour, title, year, mixed, late, sizes"):
            searcher.check(SearchQuery(exclusions=(Condition("nothing", ("a",)),)))
        with pytest.raises(FilterError, match="'sizes', which is a list column"):
            searcher.check(SearchQuery(group_by="sizes"))
        with pytest.raises(FilterError, match=r"'1\.\.2' is a range.*'none' is a value of it"):
            searcher.check(SearchQuery(exclusions=(Condition("mixed", ("1..2",)),)))
        with pytest.raises(FilterError, match="not two numbers"):
            searcher.check(SearchQuery(conditions=(Condition("year", ("a..b",)),)))
        for named in (SearchQuery(group_by="nothing"), SearchQuery(facets=("title", "nothing"))):
            with pytest.raises(FilterError, match="unknown field 'nothing'"):
                searcher.check(named)
            with pytest.raises(FilterError, match="unknown field 'nothing'"):
                searcher.find_like(named, "shop/1")


def test_parts_are_merged_before_similarities_are_rounded() -> None:
    """Apart by one roundoff only: in float32 most of them tie, in float64 they do not."""
    generator = np.random.default_rng(1)
    vectors = unit_rows((1.0 + 1e-7 * generator.standard_normal((400, 8))).astype(np.float32))
    full = vectors.astype(np.float16)

    def candidates(rows: NDArray[np.int64]) -> Candidates:
        gallery = Gallery.of(np.ascontiguousarray(vectors[rows]))
        return EmbeddedRows(gallery, full[rows], AttributeTable.empty(rows.size), rows).candidates()

    everything = np.arange(400)
    merged = MergedCandidates(MergedPart([]), (candidates(everything[::2]), candidates(everything[1::2])))
    for query in generator.standard_normal((3, 8)).astype(np.float32):
        expected, found = candidates(everything).nearest(query, 50), merged.nearest(query, 50)
        assert len(set(expected.similarities.tolist())) > len(set(expected.similarities.astype(np.float32).tolist()))
        assert found.numbers.tolist() == expected.numbers.tolist()
        assert found.similarities.tolist() == expected.similarities.tolist()


def test_numbers_that_do_not_rise_are_refused(bundle: Bundle) -> None:
    for numbers in (np.zeros(ITEMS, np.int64), np.arange(ITEMS - 1)):
        with pytest.raises(ValueError, match="numbers must be"):
            EmbeddedRows(bundle.gallery, bundle.full_embeddings, bundle.attributes, numbers)


def test_items_and_embeddings_must_be_as_many(bundle: Bundle, catalogue: EmbeddingSet, tmp_path: Path) -> None:
    stream = io.BytesIO()
    offsets = write_items(catalogue.items[:5], stream)
    rows = EmbeddedRows(bundle.gallery, bundle.full_embeddings, bundle.attributes)
    with pytest.raises(ValueError, match="there are 5 items, but embeddings of 700"):
        BundlePart(rows, ItemTable(stream.getvalue(), offsets))
