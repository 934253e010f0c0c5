"""A catalogue as shops send them, asked over HTTP: odd prices, lists, a column of addresses and one of long texts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from index.building import build_bundle
from tests.api.real_server import Server, running
from tests.drawn_sets import MODEL, draw_embeddings

pytestmark = pytest.mark.services

ITEMS = 1500
SIZES = ("S|M|L", "M", "XL | M", "10|12")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("columns")
    items = [
        Item(
            f"i{row}",
            f"{row}.jpg",
            {
                "title": f"{'Nike' if row % 2 else 'nIKE'} shoe {row}",
                "price": "on request" if row == 700 else f"{row},99 €",
                "year": "2010" if row % 3 else "unknown",
                "sizes": SIZES[row % 4],
                "link": f"https://shop.example/{'x' * 200}/{row}",
                "description": f"{row} {'words ' * 500}",
            },
        )
        for row in range(ITEMS)
    ]
    embedding_set = EmbeddingSet(items, draw_embeddings(ITEMS, seed=4), MODEL, str(folder))
    now = datetime(2026, 11, 26, tzinfo=UTC)
    build_bundle(embedding_set, folder / "bundles", components=8, kinds={"sizes": "list"}, now=now)
    with running(folder / "bundles") as process:
        yield process


def ask(server: Server, path: str, *query: tuple[str, str], status: int = 200) -> dict[str, Any]:
    answered, body = server.curl(f"{path}?{urlencode(query)}")
    assert answered == status, body
    answer: dict[str, Any] = json.loads(body)
    return answer


def test_one_odd_price_leaves_the_others_a_range(server: Server) -> None:
    assert ask(server, "/items", ("filter", "price:100..200"))["total"] == 100
    assert ask(server, "/items", ("filter", "price:100.99..200.99"))["total"] == 101
    # What is no number is no value, and a value that does not exist matches nothing.
    assert ask(server, "/items", ("filter", "price:on request"))["total"] == 0
    assert ask(server, "/items", ("exclude", "price:..99999"))["total"] == 1
    described = ask(server, "/attributes")["attributes"]["price"]
    assert (described["kind"], described["missing"]) == ("number", 1)
    assert (described["min"], described["max"]) == (0.99, ITEMS - 1 + 0.99)


@pytest.mark.parametrize("name", ["filter", "exclude"])
def test_a_range_on_text_is_refused_with_a_value_that_is_no_number(server: Server, name: str) -> None:
    for path in ("/items", "/items/i1/similar"):
        problem = ask(server, path, (name, "year:2009..2011"), status=400)
        assert problem["code"] == "invalid_parameter"
        assert "'unknown' is a value of it" in problem["detail"]
    # Before a photo is embedded: no worker runs here.
    status, body = server.curl(f"/similar?{name}=year:2009..", "-F", f"image=@{__file__}")
    assert (status, "'unknown' is a value of it" in body) == (400, True)
    assert ask(server, "/items", (name, "year:1066"))["total"] == (0 if name == "filter" else ITEMS)


def test_lists_match_by_their_members(server: Server) -> None:
    assert ask(server, "/items", ("filter", "sizes:M"))["total"] == ITEMS * 3 // 4
    assert ask(server, "/items", ("filter", "sizes:XL,10"))["total"] == ITEMS // 2
    assert ask(server, "/items", ("filter", "sizes:S|M|L"))["total"] == 0
    assert ask(server, "/items", ("exclude", "sizes:M"))["total"] == ITEMS // 4
    found = ask(server, "/items/i0/similar", ("facets", "sizes"), ("exclude_self", "false"))
    quarter = ITEMS // 4
    assert found["facets"]["sizes"] == {"M": 3 * quarter, **dict.fromkeys(("10", "12", "L", "S", "XL"), quarter)}
    problem = ask(server, "/items/i0/similar", ("group_by", "sizes"), status=400)
    assert "'sizes', which is a list column" in problem["detail"]
    assert "is a list column" in ask(server, "/items", ("filter", "sizes:10..12"), status=400)["detail"]


def test_the_description_of_all_columns_stays_small(server: Server) -> None:
    status, body = server.curl("/attributes")
    assert status == 200
    # 4.9 MB of texts are in the catalogue.
    assert len(body) < 100_000
    columns = json.loads(body)["attributes"]
    assert (columns["link"]["distinct"], len(columns["link"]["values"])) == (ITEMS, 100)
    assert columns["description"]["distinct"] == ITEMS
    assert columns["sizes"]["values"]["M"] == ITEMS * 3 // 4


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("nike SHOE 149", 11), ("ni", 100), ("shoe", 0), ("", 100), ("nike" * 500, 0), ("\U0001f455", 0), ("%_\\\"'", 0)],
)
def test_values_are_found_by_any_beginning(server: Server, prefix: str, found: int) -> None:
    answer = ask(server, "/attributes", ("field", "title"), ("prefix", prefix))
    assert list(answer["attributes"]) == ["title"]
    assert len(answer["attributes"]["title"]["values"]) == found
    assert answer["attributes"]["title"]["distinct"] == ITEMS


def test_columns_that_are_not_there_are_listed(server: Server) -> None:
    for query in ((("field", "nothing"),), (("field", ""),), (("prefix", "ni"),)):
        assert ask(server, "/attributes", *query, status=400)["code"] == "invalid_parameter"
    detail = ask(server, "/attributes", ("field", "nothing"), status=400)["detail"]
    assert "the fields are: title, price" in detail
