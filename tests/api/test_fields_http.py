"""`fields=`: the attributes that an answer has."""

from typing import Any

import httpx2
import pytest

from tests.api.answers import problem_of
from tests.api.small_catalogue import draw, encode

LISTS = ["/items?limit=5", "/items?sample=random&seed=2&limit=5&filter=gender:Men", "/items/15020/similar?limit=5"]


async def attributes(client: httpx2.AsyncClient, url: str) -> list[dict[str, str]]:
    answer: dict[str, Any] = (await client.get(url)).json()
    return [item["attributes"] for item in answer.get("items", [answer])]


@pytest.mark.parametrize("url", [*LISTS, "/items/15020?"])
async def test_only_the_fields_that_were_asked_for(client: httpx2.AsyncClient, url: str) -> None:
    everything = await attributes(client, url)
    assert all(len(each) >= 3 for each in everything)
    assert await attributes(client, f"{url}&fields=none") == [{} for _ in everything]
    # What an item lacks is left out, and the order is the one that was asked for.
    chosen = await attributes(client, f"{url}&fields=gender,title,title")
    assert chosen == [{name: each[name] for name in ("gender", "title") if name in each} for each in everything]
    assert [*chosen[0]] == [name for name in ("gender", "title") if name in everything[0]]


async def test_everything_else_stays(client: httpx2.AsyncClient) -> None:
    for url in LISTS:
        whole, small = (await client.get(url)).json(), (await client.get(f"{url}&fields=none")).json()
        for answer in (whole, small):
            answer.pop("request_id")
            answer.pop("timing_ms", None)
        for item in whole["items"]:
            item["attributes"] = {}
        assert whole == small


async def test_photos_too(client: httpx2.AsyncClient) -> None:
    picture = {"image": ("p.jpg", encode(draw(3)), "image/jpeg")}
    answer = (await client.post("/similar?fields=year&limit=3", files=picture)).json()
    assert [[*item["attributes"]] for item in answer["items"]] == [["year"]] * 3


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("unknown", "unknown field 'unknown'; the fields are: title, baseColour, year, gender"),
        ("title,unknown", "unknown field 'unknown'"),
        ("None", "unknown field 'None'"),
        ("none,title", "unknown field 'none'"),
        ("", "empty name"),
        ("title,,year", "empty name"),
        ("title,", "empty name"),
        ("title%00", "unknown field"),
        (r"ti\tle", "backslash"),
        (",".join(["title"] * 101), "over 100 names"),
        ("title&fields=year", "given more than once"),
    ],
)
async def test_unknown_and_malformed_fields(client: httpx2.AsyncClient, fields: str, told: str) -> None:
    for url in (LISTS[0], LISTS[2], "/items/15020?"):
        assert told in problem_of(await client.get(f"{url}&fields={fields}"), "invalid_parameter").detail


async def test_a_photo_is_not_embedded_for_unknown_fields(client: httpx2.AsyncClient) -> None:
    # The body is no photo, and nobody looks at it.
    refused = await client.post("/similar?fields=unknown", content=b"x", headers={"Content-Type": "image/jpeg"})
    assert "unknown field" in problem_of(refused, "invalid_parameter").detail
    elsewhere = await client.get("/attributes?fields=title")
    problem_of(elsewhere, "invalid_parameter")
