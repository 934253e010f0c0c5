"""Wrong query strings, and what each of them must be answered."""

from collections.abc import Sequence

import httpx2
import pytest

from tests.api.answers import problem_of
from tests.api.small_catalogue import draw, encode

PNG = encode(draw(1), "PNG")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", ["limit", "1", "100"]),
        ("limit=101", ["limit", "1", "100"]),
        ("limit=", ["limit"]),
        ("limit=ten", ["limit"]),
        ("limit=1_0", ["limit"]),
        ("limit=%D9%A3", ["limit"]),
        ("limit=1e1", ["limit"]),
        ("limit=%2B5", ["limit"]),
        ("limit=99999999999999999999999999", ["limit"]),
        ("limit=5&limit=6", ["limit", "more than once"]),
        ("offset=-1", ["offset"]),
        ("offset=950&limit=51", ["offset", "1000"]),
        ("min_score=nan", ["min_score"]),
        ("min_score=inf", ["min_score"]),
        ("min_score=Auto", ["min_score", "-1", "1", "auto"]),
        ("min_score=1.01", ["min_score", "-1", "1"]),
        ("min_score=.", ["min_score"]),
        ("exclude_self=maybe", ["exclude_self", "true", "false"]),
        ("page=2", ["page", "limit", "offset", "filter"]),
        ("Limit=2", ["Limit"]),
        ("box=0,0,1,1", ["box", "POST /similar"]),
        ("filter=colour:Black", ["colour", "baseColour", "year"]),
        ("filter=Black", ["colon"]),
        ("filter=year:20..10", ["range"]),
        ("filter=year:a..b", ["range"]),
        ("exclude=:x", ["empty"]),
        ("filter=baseColour:a%5Cq", ["backslash"]),
        ("&".join(f"filter=year:{number}" for number in range(300)), ["200"]),
        ("&".join(f"filter=year:{number}" for number in range(51)), ["'filter'", "51 times", "at most 50"]),
        ("&".join(f"exclude=year:{number}" for number in range(51)), ["'exclude'", "51 times", "at most 50"]),
        (f"filter=year:{'9..,' * 16_000}9..", ["over 100 values"]),
        (f"facets={'year,' * 100}year", ["over 100 names"]),
        (f"filter=year:{'9' * 65}..", ["over 64 characters"]),
    ],
)
async def test_wrong_query_of_an_item_search(client: httpx2.AsyncClient, query: str, named: Sequence[str]) -> None:
    problem = problem_of(await client.get(f"/items/15010/similar?{query}"), "invalid_parameter")
    for word in named:
        assert word in problem.detail


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/items", "min_score=0.5"),
        ("/items", "sample=first"),
        ("/items", "sample=random&seed=-1"),
        ("/items", "sample=random&seed=4294967296"),
        ("/items", "seed=4"),
        ("/items", "limit=0"),
        ("/items/15010", "limit=1"),
        ("/items/15010/image", "size=200"),
        ("/attributes", "field=age"),
        ("/attributes", "prefix=ni"),
        ("/attributes", "limit=5"),
        ("/attributes", "field=year&limit=0"),
        ("/attributes", "field=year&limit=1001"),
        ("/items", "filter=gender:1..2"),
        ("/items", "exclude=title:..2"),
        ("/items/15010/similar", "filter=baseColour:2.."),
        ("/livez", "x="),
        ("/readyz", "x=1"),
        ("/jobs/" + "0" * 32, "limit=1001"),
    ],
)
async def test_wrong_query_elsewhere(client: httpx2.AsyncClient, path: str, query: str) -> None:
    problem_of(await client.get(f"{path}?{query}"), "invalid_parameter")


async def test_exclude_self_belongs_to_items(client: httpx2.AsyncClient) -> None:
    response = await client.post("/similar?exclude_self=true", files={"image": PNG})
    assert "GET /items/{id}/similar" in problem_of(response, "invalid_parameter").detail
