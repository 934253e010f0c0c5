from collections import Counter
from typing import Any

import httpx2
import pytest

from api.openapi.schemas import SimilarItems
from tests.api.answers import ids, problem_of
from tests.api.small_catalogue import ITEMS, draw, encode

ITEM = "/items/15020/similar"
WHOLE: dict[str, str | int] = {"limit": 100}
PARAMETERS = [{}, {"filter": "baseColour:Black,Red"}, {"min_score": "0.3"}, {"min_score": "auto"}]


async def whole_list(client: httpx2.AsyncClient, **parameters: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    while True:
        page = await client.get(ITEM, params={**WHOLE, "offset": len(items), **parameters})
        items += page.json()["items"]
        if len(items) >= page.json()["total"]:
            return items


@pytest.mark.parametrize("parameters", PARAMETERS)
async def test_facets_count_all_matches_not_the_page(client: httpx2.AsyncClient, parameters: dict[str, str]) -> None:
    fields = ["title", "baseColour", "gender"]
    items = await whole_list(client, **parameters)
    answer = (await client.get(ITEM, params={"limit": 1, "facets": ",".join(fields), **parameters})).json()
    SimilarItems.model_validate(answer)
    assert answer["total"] == len(items)
    assert len(answer["items"]) == 1
    for field in fields:
        expected = Counter(item["attributes"][field] for item in items if field in item["attributes"])
        assert answer["facets"][field] == expected
        assert list(answer["facets"][field].values()) == sorted(expected.values(), reverse=True)
    assert list(answer["facets"]) == fields


async def test_without_asking_there_are_no_facets(client: httpx2.AsyncClient) -> None:
    assert "facets" not in (await client.get(ITEM)).json()


@pytest.mark.parametrize("parameters", PARAMETERS)
@pytest.mark.parametrize("field", ["gender", "baseColour", "title"])
async def test_a_group_shows_its_best_item_and_pages_stay_full(
    client: httpx2.AsyncClient, field: str, parameters: dict[str, str]
) -> None:
    seen: set[str] = set()
    expected = []
    for item in await whole_list(client, **parameters):
        value = item["attributes"].get(field)
        if value is None or value not in seen:
            expected.append(item["id"])
        if value is not None:
            seen.add(value)
    got: list[str] = []
    while len(got) < len(expected):
        page = (await client.get(ITEM, params={"limit": 2, "offset": len(got), "group_by": field, **parameters})).json()
        assert page["total"] == len(expected)
        assert len(page["items"]) == min(2, len(expected) - len(got))
        assert [item["rank"] for item in page["items"]] == [len(got) + 1 + n for n in range(len(page["items"]))]
        got += ids(page)
    assert got == expected


async def test_facets_of_groups_count_items(client: httpx2.AsyncClient) -> None:
    field = "baseColour"
    plain = (await client.get(ITEM, params={"facets": field})).json()
    grouped = (await client.get(ITEM, params={"facets": field, "group_by": field})).json()
    assert grouped["facets"] == plain["facets"]
    assert grouped["total"] < plain["total"] == ITEMS - 1


async def test_photos_take_them_too(client: httpx2.AsyncClient) -> None:
    field = "baseColour"
    response = await client.post(
        "/similar", params={"group_by": field, "facets": field}, files={"image": encode(draw(20), "PNG")}
    )
    assert response.status_code == 200
    assert sum(response.json()["facets"][field].values()) <= ITEMS


@pytest.mark.parametrize("path", ["item", "photo"])
@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"group_by": "nothing"}, "unknown field 'nothing'; the fields are"),
        ({"facets": "nothing"}, "unknown field 'nothing'; the fields are"),
        ({"facets": "a,,b"}, "empty name"),
        ({"facets": ""}, "empty name"),
        ({"facets": "a\\b"}, "backslash"),
        ({"group_by": ""}, "unknown field ''"),
    ],
)
async def test_what_cannot_be_grouped_or_counted_is_said(
    client: httpx2.AsyncClient, path: str, parameters: dict[str, str], said: str
) -> None:
    if path == "item":
        response = await client.get(ITEM, params=parameters)
    else:
        response = await client.post("/similar", params=parameters, files={"image": encode(draw(20), "PNG")})
    problem = problem_of(response, "invalid_parameter")
    assert said in problem.detail


async def test_lists_say_where_they_belong(client: httpx2.AsyncClient) -> None:
    for name in ("group_by", "facets"):
        problem = problem_of(await client.get("/items", params={name: "colour"}), "invalid_parameter")
        assert "the query string of GET /items/{id}/similar, POST /similar or GET /similar" in problem.detail
