"""An approximate version: nearly all of the nearest, in their exact order, and everything where few items pass."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from psycopg import sql

from contracts.items import Item
from engines.opening import open_engine
from engines.postgresql import candidates
from engines.postgresql.connections import Connections, Statement
from engines.postgresql.part import PostgresqlPart
from index.base_part import BasePart
from index.conditions import Condition
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.engines.contract.contents import Content, draw_content, draw_vectors
from tests.engines.contract.oracle import Oracle
from tests.engines.contract.test_filters import read
from tests.engines.postgresql_servers import PATIENT_S, search_database

ITEMS = 3_000
_GIVE_UP_SOON = "SELECT set_config('hnsw.ef_search', '5', false), set_config('hnsw.max_scan_tuples', '20', false)"


@pytest.fixture(scope="module")
def content() -> Content:
    kinds = {name: kind for name, kind in draw_content().kinds.items() if name == "colour"}
    items = [Item(str(row), f"{row}.jpg", {"colour": "rare" if row % 300 == 7 else "often"}) for row in range(ITEMS)]
    vectors = draw_vectors(ITEMS, np.random.default_rng(1))
    return replace(draw_content(), items=items, embeddings=vectors, numbers=np.arange(ITEMS), kinds=kinds)


@pytest.fixture(scope="module")
def address(search_server: PostgresqlServer) -> Iterator[str]:
    with search_database(search_server) as address:
        # For so few items the server would rather look at each.
        yield f"{address}&options=-c%20enable_seqscan%3Doff%20-c%20enable_sort%3Doff"


@pytest.fixture(scope="module")
def part(address: str, content: Content) -> Iterator[BasePart]:
    with closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        bundle = content.bundle()
        engine.load(bundle, approximate=True)
        yield engine.open(bundle.version)


def test_most_of_the_nearest_in_their_exact_order(part: BasePart, content: Content) -> None:
    oracle, everything = Oracle(content), part.candidates((), ())
    right = 0
    for row in range(20):
        found = everything.nearest(content.reduced[row], 10)
        expected = dict(oracle.nearest(oracle.numbers, content.reduced[row], 10))
        assert (np.diff(found.similarities) <= 0).all()
        for number, similarity in zip(found.numbers.tolist(), found.similarities.tolist(), strict=True):
            assert similarity == expected.get(number, similarity)
            right += number in expected
    assert right >= 195


def plan_of(ask: Callable[[], object], part: BasePart, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the server executes the last statement of a question."""
    asked: list[tuple[Statement, Any]] = []

    def fetch(self: Connections, statement: Statement, parameters: Any = ()) -> list[tuple[Any, ...]]:
        asked.append((statement, parameters))
        return self.read(lambda connection: connection.execute(statement, parameters, binary=True).fetchall())

    with monkeypatch.context() as patched:
        patched.setattr(Connections, "fetch", fetch)
        ask()
    assert isinstance(part, PostgresqlPart)
    statement, parameters = asked[-1]
    lines = part.connections.read(
        lambda connection: connection.execute(sql.SQL("EXPLAIN ") + statement, parameters).fetchall()
    )
    return "\n".join(line for (line,) in lines)


def test_the_approximate_index_is_asked_only_where_it_helps(
    part: BasePart, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything, rare = part.candidates((), ()), part.candidates(read(part, ("colour", "rare")), ())
    assert "v1_points_hnsw" in plan_of(lambda: everything.nearest(content.reduced[1], 10), part, monkeypatch)
    assert "v1_points_hnsw" not in plan_of(lambda: rare.nearest(content.reduced[1], 10), part, monkeypatch)


def test_few_that_pass_are_all_found(part: BasePart, content: Content) -> None:
    oracle = Oracle(content)
    rare = [Condition("colour", ("rare",))]
    for found, passing in (
        (part.candidates(read(part, ("colour", "rare")), ()), oracle.passing(rare, (), None)),
        (part.candidates((), ()).only(content.numbers[40:60]), content.numbers[40:60].tolist()),
    ):
        nearest = found.nearest(content.reduced[5], 50)
        expected = oracle.nearest(passing, content.reduced[5], 50)
        assert list(zip(nearest.numbers.tolist(), nearest.similarities.tolist(), strict=True)) == expected


def test_an_index_that_gives_up_is_no_short_page(
    part: BasePart, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at no more than so many items, of which few pass here."""
    monkeypatch.setattr(candidates, "_FEW", 0)
    monkeypatch.setattr(candidates, "_FEW_OF_ALL", 0.0)
    oracle = Oracle(content)
    passing = oracle.passing([Condition("colour", ("rare",))], (), None)
    assert isinstance(part, PostgresqlPart)
    part.connections.read(lambda connection: connection.execute(_GIVE_UP_SOON))
    for asked, expected in (
        (part.candidates(read(part, ("colour", "rare")), ()), oracle.nearest(passing, content.reduced[5], 50)),
        (part.candidates((), ()), oracle.nearest(oracle.numbers, content.reduced[5], 2 * ITEMS)),
    ):
        found = asked.nearest(content.reduced[5], 2 * ITEMS)
        assert list(zip(found.numbers.tolist(), found.similarities.tolist(), strict=True)) == expected
