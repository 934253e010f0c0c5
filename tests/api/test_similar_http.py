import asyncio
import re
from urllib.parse import quote

import httpx2
import numpy as np
import pytest
from fastapi import FastAPI
from numpy.typing import NDArray

from api.app import create_app
from api.http.problems import ServiceProblem
from api.items.rounded_embedding import RoundedEmbedding
from api.openapi.schemas import SimilarItems
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import ids, problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder, embed_pixels
from tests.api.small_catalogue import AWKWARD_IDS, ITEMS, draw, encode


def photo(number: int = 20, **options: object) -> dict[str, bytes]:
    return {"image": encode(draw(number), "PNG", **options)}


async def test_item_query_is_answered_as_the_contract_shows(client: httpx2.AsyncClient, bundle: Bundle) -> None:
    response = await client.get("/items/15020/similar", params={"limit": 3})
    assert response.status_code == 200
    answer = response.json()
    SimilarItems.model_validate(answer)
    assert list(answer) == ["request_id", "query", "index", "items", "total", "limit", "offset", "timing_ms"]
    assert answer["query"] == {
        "item_id": "15020",
        "width": None,
        "height": None,
        "box": None,
        "objects": None,
        "category": None,
        "token": None,
    }
    assert answer["index"] == {"version": bundle.version, "model": bundle.model.version, "items": ITEMS}
    assert set(answer["timing_ms"]) == {"search", "total"}
    assert answer["total"] == ITEMS - 1
    assert [item["rank"] for item in answer["items"]] == [1, 2, 3]
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)
    assert "15020" not in ids(answer)
    assert response.headers["x-request-id"] == answer["request_id"]


def reduced_cosines(bundle: Bundle, row: int) -> NDArray[np.float64]:
    columns = np.stack([bundle.gallery.reduced(other) for other in range(ITEMS)], axis=1).astype(np.float64)
    cosines: NDArray[np.float64] = columns[:, row] @ columns
    return cosines


def full_cosines(bundle: Bundle, embedding: NDArray[np.floating]) -> NDArray[np.float64]:
    rows, query = bundle.full_embeddings.astype(np.float64), embedding.astype(np.float64)
    cosines: NDArray[np.float64] = rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
    return cosines


async def similar_to(client: httpx2.AsyncClient, bundle: Bundle, row: int) -> tuple[list[int | None], list[float]]:
    """Rows and scores of all items but the one that is asked for."""
    answer = (await client.get(f"/items/{quote(bundle.items.id(row))}/similar", params={"limit": 100})).json()
    return [bundle.items.row(item_id) for item_id in ids(answer)], [item["score"] for item in answer["items"]]


async def test_item_query_agrees_with_full_cosines_over_all_items(client: httpx2.AsyncClient, bundle: Bundle) -> None:
    for row in (0, 7, 33):
        cosines = full_cosines(bundle, bundle.full_embeddings[row])
        expected = [other for other in np.argsort(-cosines, kind="stable").tolist() if other != row]
        rows, scores = await similar_to(client, bundle, row)
        assert rows == expected
        np.testing.assert_allclose(scores, cosines[expected], atol=2e-6)


async def test_without_re_ranking_reduced_cosines_decide(bundle: Bundle, connect: Connect) -> None:
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", rerank=0)
    async with connect(create_app(settings, bundle, FakeEmbedder())) as client:
        for row in (0, 7, 33):
            cosines = reduced_cosines(bundle, row)
            expected = [other for other in np.argsort(-cosines, kind="stable").tolist() if other != row]
            rows, scores = await similar_to(client, bundle, row)
            assert rows == expected
            np.testing.assert_allclose(scores, cosines[expected], atol=2e-6)
            assert (
                expected != np.argsort(-full_cosines(bundle, bundle.full_embeddings[row]), kind="stable").tolist()[1:]
            )


async def test_only_the_window_is_ordered_by_full_cosines(bundle: Bundle, connect: Connect) -> None:
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", rerank=10)
    async with connect(create_app(settings, bundle, FakeEmbedder())) as client:
        for row in (0, 7, 33):
            reduced, full = reduced_cosines(bundle, row), full_cosines(bundle, bundle.full_embeddings[row])
            order = [other for other in np.argsort(-reduced, kind="stable").tolist() if other != row]
            window = sorted(order[:10], key=lambda other: -full[other])
            rows, scores = await similar_to(client, bundle, row)
            assert rows == window + order[10:]
            lowest = full[window[-1]]
            np.testing.assert_allclose(scores[:10], full[window], atol=2e-6)
            np.testing.assert_allclose(scores[10:], np.minimum(reduced[order[10:]], lowest), atol=2e-6)


async def test_photos_are_ranked_by_full_cosines(client: httpx2.AsyncClient, bundle: Bundle) -> None:
    pixels = draw(22)[5:, 3:]
    answer = (await client.post("/similar?limit=48", files={"image": encode(pixels, "PNG")})).json()
    cosines = full_cosines(bundle, RoundedEmbedding.of(embed_pixels(pixels)).full())
    expected = np.argsort(-cosines, kind="stable").tolist()
    assert [bundle.items.row(item_id) for item_id in ids(answer)] == expected
    np.testing.assert_allclose([item["score"] for item in answer["items"]], cosines[expected], atol=2e-6)


async def test_the_picture_of_an_item_scores_one(client: httpx2.AsyncClient, bundle: Bundle) -> None:
    for number in (1, 19, 46):  # lossless ones
        item_id = bundle.items.id(number)
        assert number % 3 == 1
        answer = (await client.post("/similar?limit=2", files=photo(number))).json()
        assert answer["items"][0]["id"] == item_id
        assert answer["items"][0]["score"] == pytest.approx(1.0, abs=1e-6)
        assert answer["items"][1]["score"] < 0.99


async def test_exclude_self_false_puts_the_item_first(client: httpx2.AsyncClient) -> None:
    for spelling in ("false", "0"):
        answer = (await client.get(f"/items/15030/similar?exclude_self={spelling}")).json()
        assert answer["items"][0]["id"] == "15030"
        assert answer["items"][0]["score"] == pytest.approx(1.0, abs=1e-6)
        assert answer["total"] == ITEMS


async def test_photo_of_an_item_finds_the_item(client: httpx2.AsyncClient) -> None:
    response = await client.post("/similar", params={"limit": 5}, files=photo(22))
    assert response.status_code == 200
    answer = response.json()
    SimilarItems.model_validate(answer)
    assert answer["items"][0]["id"] == "15022"
    assert answer["items"][0]["score"] > 0.99
    assert re.fullmatch("[A-Za-z0-9_-]{1000,1500}", answer["query"].pop("token"))
    assert answer["query"] == {
        "item_id": None,
        "width": 60,
        "height": 80,
        "box": None,
        "objects": None,
        "category": None,
    }
    assert set(answer["timing_ms"]) == {"queue", "decode", "embed", "search", "total"}
    assert answer["timing_ms"]["decode"] == 0.5
    assert answer["timing_ms"]["embed"] == 1.5
    assert answer["total"] == ITEMS


async def test_category_and_box_are_told(bundle: Bundle, settings: ApiSettings, connect: Connect) -> None:
    app = create_app(settings, bundle, FakeEmbedder(category=("Tshirts", 0.93)))
    async with connect(app) as client:
        answer = (await client.post("/similar", files=photo(), data={"box": "0.25,0,0.75,0.5"})).json()
    assert answer["query"]["category"] == {"name": "Tshirts", "confidence": 0.93}
    assert answer["query"]["box"] == [0.25, 0.0, 0.75, 0.5]
    SimilarItems.model_validate(answer)


async def test_box_searches_for_the_part(client: httpx2.AsyncClient) -> None:
    both = np.concatenate([draw(10), draw(11)], axis=1)
    for box, expected in (("0,0,0.5,1", "15010"), ("0.5,0,1,1", "15011")):
        answer = (await client.post("/similar", files={"image": encode(both, "PNG")}, data={"box": box})).json()
        assert answer["items"][0]["id"] == expected


async def test_pages_follow_each_other(client: httpx2.AsyncClient) -> None:
    whole = (await client.get("/items/15040/similar?limit=40")).json()
    pages = [(await client.get(f"/items/15040/similar?limit=10&offset={offset}")).json() for offset in (0, 10, 20, 30)]
    assert [item_id for page in pages for item_id in ids(page)] == ids(whole)
    assert [item["rank"] for item in pages[2]["items"]] == list(range(21, 31))
    beyond = (await client.get("/items/15040/similar?offset=900")).json()
    assert beyond["items"] == []
    assert beyond["total"] == ITEMS - 1


async def test_filters_narrow_before_the_search(client: httpx2.AsyncClient) -> None:
    answer = (
        await client.get(
            "/items/15010/similar",
            params=[
                ("filter", r"baseColour:Red\, dark,Black"),
                ("filter", "year:2010..2014"),
                ("exclude", "gender:Men"),
                ("limit", "100"),
            ],
        )
    ).json()
    assert answer["items"]
    assert answer["total"] == len(answer["items"])
    for item in answer["items"]:
        assert item["attributes"]["baseColour"] in {"Red, dark", "Black"}
        assert 2010 <= int(item["attributes"]["year"]) <= 2014
        assert item["attributes"].get("gender") != "Men"
    nothing = (await client.get("/items/15010/similar", params={"filter": "baseColour:black"})).json()
    assert (nothing["total"], nothing["items"]) == (0, [])


async def test_min_score_counts_only_what_reaches_it(client: httpx2.AsyncClient) -> None:
    whole = (await client.get("/items/15010/similar?limit=100")).json()
    floor = whole["items"][9]["score"]
    answer = (await client.get(f"/items/15010/similar?limit=100&min_score={floor - 1e-6:.7f}")).json()
    assert answer["total"] == 10
    assert ids(answer) == ids(whole)[:10]


async def test_min_score_auto_ends_the_list_where_resemblance_ends(client: httpx2.AsyncClient) -> None:
    for url in ("/items/15010/similar", "/items/15010/similar?filter=baseColour:Blue,White"):
        whole = (await client.get(url, params={"limit": 100})).json()
        answer = (await client.get(url, params={"limit": 100, "min_score": "auto"})).json()
        assert 0 < answer["total"] < whole["total"]
        assert answer["total"] == len(answer["items"])
        assert answer["items"] == whole["items"][: answer["total"]]
    photo = await client.post("/similar?min_score=auto", files={"image": encode(draw(10))})
    assert 0 < photo.json()["total"] < ITEMS


@pytest.mark.parametrize("item_id", AWKWARD_IDS)
async def test_awkward_ids_are_reached_by_their_own_links(client: httpx2.AsyncClient, item_id: str) -> None:
    url = (await client.get("/items?limit=100")).json()["items"][AWKWARD_IDS.index(item_id)]["image_url"]
    assert (await client.get(url)).status_code == 200
    base = url.removesuffix("/image")
    assert (await client.get(base)).json()["id"] == item_id
    assert (await client.get(f"{base}/similar")).json()["query"]["item_id"] == item_id
    assert (await client.get(f"/items/{quote(item_id, safe='')}")).json()["id"] == item_id


@pytest.mark.parametrize(
    ("problem", "retry_after"),
    [
        (ServiceProblem("queue_full", "full", 7), "7"),
        (ServiceProblem("queue_unavailable", "no Redis"), "2"),
        (ServiceProblem("no_worker", "none"), "5"),
        (ServiceProblem("inference_timeout", "late"), None),
    ],
)
async def test_problems_of_the_embedder_reach_the_client(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, problem: ServiceProblem, retry_after: str | None
) -> None:
    embedder.problems.append(problem)
    response = await client.post("/similar", files=photo())
    problem_of(response, problem.code)
    assert response.headers.get("retry-after") == retry_after
    assert (await client.get("/items/15010/similar")).status_code == 200


async def test_another_model_is_never_compared(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    embedder.worker_version = "other-ffffffffffff"
    problem = problem_of(await client.post("/similar", files=photo()), "model_mismatch")
    assert "other-ffffffffffff" in problem.detail


async def test_wrong_filter_costs_no_inference(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    response = await client.post("/similar", params={"filter": "colour:Black"}, files=photo())
    assert "baseColour" in problem_of(response, "invalid_parameter").detail
    assert embedder.asked == 0


async def test_without_an_index_searches_say_so(settings: ApiSettings, connect: Connect) -> None:
    async with connect(create_app(settings, None, FakeEmbedder())) as client:
        problem_of(await client.get("/items/1/similar"), "index_unavailable")
        problem_of(await client.post("/similar", files=photo()), "index_unavailable")


async def test_work_ends_when_the_client_goes_away(app: FastAPI, embedder: FakeEmbedder) -> None:
    embedder.gate = asyncio.Event()
    body = httpx2.Request("POST", "http://lookalike.test/similar", files=photo())
    content = body.read()
    gone = asyncio.Event()
    messages = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> dict[str, object]:
        if messages:
            return dict(messages.pop())
        await gone.wait()
        return {"type": "http.disconnect"}

    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/similar",
        "raw_path": b"/similar",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(name.lower(), value) for name, value in body.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    answering = asyncio.create_task(app(scope, receive, send))
    await asyncio.wait_for(embedder.entered.wait(), 5)
    gone.set()
    await asyncio.wait_for(answering, 5)
    assert embedder.cancelled == 1
