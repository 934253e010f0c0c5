"""Random items and questions."""

import dataclasses

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.errors import FilterError
from contracts.items import Item
from index.columns.column import ColumnKind
from index.columns.number import Number
from index.columns.registry import kind_named
from index.conditions import Condition
from index.part import Part
from index.part_searcher import PartSearcher
from index.query import ListingQuery, SearchQuery
from index.scoring import WHOLE
from tests.engines.contract.contents import COMPONENTS, NASTY, SCORING, Content, draw_vectors
from tests.engines.contract.makers import MakePart, bundle_part
from tests.engines.contract.oracle import Oracle
from tests.engines.contract.test_filters import check, read
from tests.index.live_questions import ordered

KINDS: dict[str, ColumnKind] = {
    "colour": kind_named("text"),
    "year": Number(),
    "sizes": kind_named("list"),
    NASTY: kind_named("text"),
}
VALUES = {
    "colour": ["Black", "Black ", "1..2", "'", "é", "e\u0301", "x|y"],
    "year": ["7", "7.0", "-7", "1e3", "no number"],
    "sizes": ["S", "M|S", " | ", "M|L|S|M", "é|S"],
    NASTY: ["NULL", '{"a":[1]}', "%"],
}
ASKED = {**VALUES, "year": ["7", "7.0", "..7", "7..", "-10..10", "no number"], "sizes": ["S", "M", "é", "M|S"]}
POOL = np.concatenate([draw_vectors(6, np.random.default_rng(2)), np.zeros((1, 512), np.float32)])

ATTRIBUTES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
CONDITIONS = st.lists(
    st.sampled_from(sorted(KINDS)).flatmap(
        lambda name: st.builds(
            Condition, st.just(name), st.lists(st.sampled_from(ASKED[name]), min_size=1, max_size=3).map(tuple)
        )
    ),
    max_size=2,
)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    # Each column has a value from the start, so that a bundle of the first items knows all of them.
    attributes = [{name: values[0] for name, values in VALUES.items()}]
    attributes += draw(st.lists(ATTRIBUTES, min_size=3, max_size=30))
    steps = draw(st.lists(st.integers(1, 3), min_size=len(attributes), max_size=len(attributes)))
    pictures = draw(st.lists(st.integers(0, len(POOL) - 1), min_size=len(steps), max_size=len(steps)))
    items = [Item(f"i{row}", f"{row}.jpg", each) for row, each in enumerate(attributes)]
    scoring = draw(st.sampled_from([WHOLE, SCORING]))
    return Content(items, POOL[pictures], np.cumsum(steps).astype(np.int64), KINDS, scoring)


QUESTIONS = st.lists(
    st.tuples(CONDITIONS, CONDITIONS, st.integers(0, len(POOL) - 1), st.integers(1, 40), st.integers(0, 60)),
    min_size=3,
    max_size=3,
)
Question = tuple[list[Condition], list[Condition], int, int, int]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=contents(), questions=QUESTIONS)
def test_drawn_questions(make_here: MakePart, content: Content, questions: list[Question]) -> None:
    ask(make_here, content, questions)


# To load a version takes an engine much longer than to answer.
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=contents(), questions=QUESTIONS)
def test_drawn_questions_to_engines(make_there: MakePart, content: Content, questions: list[Question]) -> None:
    ask(make_there, content, questions)


def ask(make: MakePart, content: Content, questions: list[Question]) -> None:
    oracle = Oracle(content)
    with make(content) as part:
        assert list(part.describe()) == oracle.describe()
        assert dict(part.first_places()) == oracle.first_places()
        for needed, unwanted, picture, k, excluded in questions:
            asked = [[condition for condition in each if condition.field in part.kinds] for each in (needed, unwanted)]
            try:
                tests = [read(part, *((one.field, *one.values) for one in each)) for each in asked]
            except FilterError:
                # A range of what is no number here.
                continue
            candidates = part.candidates(*tests, excluded)
            passing = oracle.passing(*asked, excluded)
            check(part, candidates, passing, oracle.numbers)
            query = content.reduction.reduce(POOL[picture])
            found = candidates.nearest(query, k)
            expected = oracle.nearest(passing, query, k)
            assert list(zip(found.numbers.tolist(), found.similarities.tolist(), strict=True)) == expected
            for field in part.kinds:
                assert list(candidates.count_values(field, 3).items()) == oracle.counted(field, passing)[:3]
            for _, similarity in expected[-1:]:
                rounded = oracle.similarities(passing, query).astype(np.float32)
                reached = [
                    number for number, one in zip(passing, rounded, strict=True) if one >= np.float32(similarity)
                ]
                kept = candidates.at_least(query, float(np.float32(similarity)), np.empty(0, np.int64))
                assert kept.numbers().tolist() == reached


def test_whole_searches(part: Part, content: Content) -> None:
    """Pages, groups and facets over the part are those over one bundle of the items."""
    one = PartSearcher(bundle_part(content), content.reduction, window=60, resemblance_from=0.3)
    other = PartSearcher(part, content.reduction, window=60, resemblance_from=0.3)
    photo = draw_vectors(1, np.random.default_rng(6))[0]
    black, years = Condition("colour", ("Black", "White")), Condition("year", ("2000..",))
    query = SearchQuery(limit=20, facets=("colour", "sizes", "late"), facet_values=3, excluded_item="shop/é 3")
    for asked in (
        query,
        dataclasses.replace(query, conditions=(black,), offset=70),
        dataclasses.replace(query, exclusions=(black,), min_score=0.6, group_by="title"),
        dataclasses.replace(query, conditions=(years,), min_score="auto", group_by="colour"),
        dataclasses.replace(query, min_score=-1.0, limit=1000, group_by="year"),
    ):
        assert ordered(other.find_like(asked, "shop/é 3")) == ordered(one.find_like(asked, "shop/é 3")), asked
        assert ordered(other.find(asked, photo)) == ordered(one.find(asked, photo)), asked
    for listing in (ListingQuery(limit=50, offset=9), ListingQuery((black,), (years,), limit=90, seed=3)):
        assert other.listing(listing) == one.listing(listing)
    assert content.reduction.components == COMPONENTS
