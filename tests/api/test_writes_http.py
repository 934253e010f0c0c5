"""PUT, PATCH and DELETE of items, over a real database."""

import base64
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from pydantic import SecretStr

from api.http.problems import ProblemCode, ServiceProblem
from api.openapi.schemas import ChangedItem, Items, SimilarItems
from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.live_catalogue import Shop, items_of, open_shop, until_status
from tests.api.small_catalogue import ITEMS, draw, encode

PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
async def shop(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, bundle, settings) as shop:
        yield shop


def picture(number: int, kind: str = "PNG", **options: object) -> bytes:
    return encode(draw(number), kind, **options)


async def put(client: httpx2.AsyncClient, item_id: str, number: int = 900, **attributes: object) -> httpx2.Response:
    form = {"item": json.dumps(attributes)} if attributes else {}
    return await client.put(f"/items/{item_id}", files={"image": picture(number)}, data=form)


def is_empty(shop: Shop) -> bool:
    """Whether nothing was stored since the beginning."""
    return shop.catalogue.sequence() == 1 and not list(shop.store.digests())


async def test_a_photo_becomes_an_item_is_found_and_taken_away(shop: Shop) -> None:
    client = shop.client
    begun = Items.model_validate_json((await client.get("/items")).content)
    assert (begun.index.sequence, begun.total) == (1, ITEMS)

    answer = await put(client, "new/shirt", title="Blue shirt", price=19.9)
    assert answer.status_code == 201, answer.text
    made = ChangedItem.model_validate_json(answer.content)
    assert (made.version, made.sequence, made.changed, answer.headers["etag"]) == (1, 2, True, '"1"')
    assert made.item.attributes == {"title": "Blue shirt", "price": "19.9"}
    assert made.item.image_url == "/items/new/shirt/image"

    found = SimilarItems.model_validate_json((await client.post("/similar", files={"image": picture(900)})).content)
    assert (found.items[0].id, round(found.items[0].score, 3)) == ("new/shirt", 1.0)
    assert (found.index.sequence, found.index.items, found.total) == (2, ITEMS + 1, ITEMS + 1)
    assert (await client.get("/items/new/shirt")).json()["attributes"]["title"] == "Blue shirt"
    shown = await client.get("/items/new/shirt/image")
    assert shown.content == picture(900)
    assert (
        await client.get("/items/new/shirt/image", headers={"If-None-Match": shown.headers["etag"]})
    ).status_code == 304

    patched = await client.patch(
        "/items/new/shirt", content='{"price": 9, "title": null, "tags": ["a", "b"]}', headers=PATCH
    )
    changed = ChangedItem.model_validate_json(patched.content)
    assert (changed.version, changed.sequence, patched.headers["etag"]) == (2, 3, '"2"')
    assert changed.item.attributes == {"price": "9", "tags": "a|b"}
    assert (await client.get("/items?filter=price:..9")).json()["items"][0]["id"] == "new/shirt"

    assert (await client.delete("/items/new/shirt")).status_code == 204
    problem_of(await client.get("/items/new/shirt"), "unknown_item")
    problem_of(await client.delete("/items/new/shirt"), "unknown_item")
    left = (await client.get("/items/15010/similar?limit=100")).json()
    assert (left["index"]["sequence"], left["index"]["items"]) == (4, ITEMS)
    assert "new/shirt" not in {item["id"] for item in left["items"]}
    again = await put(client, "new/shirt")
    assert (again.status_code, again.json()["version"], shop.embedder.asked) == (201, 4, 2)


async def test_the_same_again_changes_nothing_and_is_embedded_once(shop: Shop) -> None:
    first = await put(shop.client, "a", title="A")
    again = await put(shop.client, "a", title="A")
    other = await put(shop.client, "b", title="A")
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 201]
    assert (again.json()["changed"], again.json()["version"], again.headers["etag"]) == (False, 1, '"1"')
    assert again.json()["sequence"] == first.json()["sequence"]
    assert shop.embedder.asked == 1
    assert len(list(shop.store.digests())) == 1
    same = await shop.client.patch("/items/a", content='{"title": "A"}', headers=PATCH)
    assert (same.json()["changed"], shop.catalogue.sequence()) == (False, 3)


async def test_a_picture_in_json_is_the_same_one(shop: Shop) -> None:
    body = {
        "image_base64": base64.b64encode(picture(900)).decode(),
        "attributes": {"title": "A", "sizes": [], "x": None},
    }
    first = await shop.client.put("/items/a", json=body)
    assert (first.status_code, first.json()["item"]["attributes"]) == (201, {"title": "A"})
    assert (await put(shop.client, "a", title="A")).json()["changed"] is False


async def test_an_item_of_the_bundle_changes_too(shop: Shop) -> None:
    answer = await shop.client.patch("/items/15010", content='{"baseColour": "Gone"}', headers=PATCH)
    assert answer.status_code == 200
    listed = (await shop.client.get("/items?filter=baseColour:Gone")).json()
    assert [item["id"] for item in listed["items"]] == ["15010"]
    assert "Gone" in (await shop.client.get("/attributes")).json()["attributes"]["baseColour"]["values"]
    # Its picture is still the one of the catalogue.
    assert (await shop.client.get("/items/15010/image")).status_code == 200
    assert (await shop.client.get("/items")).json()["items"][10]["id"] == "15010"
    replaced = await put(shop.client, "15010", title="New")
    assert (replaced.status_code, replaced.json()["version"]) == (200, 3)
    assert (await shop.client.get("/items/15010/image")).content == picture(900)


async def test_remembered_answers_do_not_outlive_a_change(shop: Shop) -> None:
    path = "/items/15010/similar?limit=3"
    before = [(await shop.client.get(path)).json() for _ in range(3)]
    nearest = before[-1]["items"][0]["id"]
    assert (await shop.client.delete(f"/items/{nearest}")).status_code == 204
    after = (await shop.client.get(path)).json()
    assert (after["index"]["sequence"], nearest in {item["id"] for item in after["items"]}) == (2, False)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("PUT", {"If-None-Match": "*"}, 412),
        ("PUT", {"If-Match": '"7"'}, 412),
        ("PUT", {"If-Match": 'W/"1"'}, 412),
        ("PUT", {"If-Match": '"7", "1"'}, 200),
        ("PUT", {"If-Match": "*"}, 200),
        ("PATCH", {"If-Match": '"2"'}, 412),
        ("PATCH", {"If-Match": '"1"'}, 200),
        ("DELETE", {"If-Match": '"2"'}, 412),
        ("DELETE", {"If-Match": '"1"'}, 204),
        ("DELETE", {"If-None-Match": "*"}, 412),
        ("PUT", {"If-None-Match": '"1"'}, 400),
        ("PATCH", {"If-Match": "1"}, 400),
        ("DELETE", {"If-Match": '"1"', "If-None-Match": "*"}, 400),
    ],
)
async def test_preconditions(shop: Shop, method: str, headers: dict[str, str], status: int) -> None:
    await put(shop.client, "a", title="A")
    body: dict[str, Any] = {"content": '{"title": "B"}'} if method == "PATCH" else {}
    if method == "PUT":
        body = {"files": {"image": picture(901)}}
    sent = headers | (PATCH if method == "PATCH" else {})
    answer = await shop.client.request(method, "/items/a", headers=sent, **body)
    assert answer.status_code == status, answer.text
    if status == 412:
        problem_of(answer, "precondition_failed")
        assert shop.catalogue.sequence() == 2


async def test_if_match_on_what_is_not_there(shop: Shop) -> None:
    for headers in ({"If-Match": "*"}, {"If-Match": '"1"'}):
        answer = await shop.client.put("/items/none", headers=headers, files={"image": picture(1)})
        problem_of(answer, "precondition_failed")
    assert is_empty(shop)
    made = await shop.client.put("/items/none", headers={"If-None-Match": "*"}, files={"image": picture(1)})
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[]", "JSON object"),
        ('"x"', "JSON object"),
        ('{"a": {"b": 1}}', "an object"),
        ('{"a": [1]}', "a list of something else"),
        ('{"a": ["x|y"]}', "separates"),
        ('{"a": [["x"]]}', "a list of something else"),
        ('{"a": 1, "a": 2}', "more than once"),
        ('{"e\u0301": 1, "\u00e9": 2}', "twice"),
        ('{"": 1}', "no name"),
        ('{"a": "\\u0000"}', "NUL"),
        ('{"\\u0000": 1}', "NUL"),
        ('{"a": "\\ud800"}', "not valid JSON"),
        ('{"a": NaN}', "not valid JSON"),
        ('{"a": ' + "[" * 5_000 + "]" * 5_000 + "}", ""),
        ('{"a": "' + "x" * 1_000_000 + '"}', "bytes"),
        (json.dumps({f"column {number}": 1 for number in range(10_000)}), "attributes"),
        (json.dumps({f"column {number}": "x" * 1_000 for number in range(200)}), "together"),
        ('{"a": 1', "not valid JSON"),
        ("", "not valid JSON"),
    ],
)
async def test_attributes_that_are_refused(shop: Shop, body: str, says: str) -> None:
    answer = await shop.client.patch("/items/15010", content=body.encode(), headers=PATCH)
    problem = problem_of(answer, "invalid_parameter")
    assert says in problem.detail
    assert len(problem.detail) < 600
    assert shop.catalogue.sequence() == 1


async def test_a_name_that_programs_may_trip_over_is_a_name(shop: Shop) -> None:
    body = b'{"__proto__": "x", "constructor": 1, "Sizes": ["S", "M"], "sale": true, "n": 1e3, "title": "NA"}'
    answer = await shop.client.patch("/items/15010", content=body, headers=PATCH)
    kept = answer.json()["item"]["attributes"]
    assert {name: kept[name] for name in ("__proto__", "constructor", "Sizes", "sale", "n")} == {
        "__proto__": "x",
        "constructor": "1",
        "Sizes": "S|M",
        "sale": "true",
        "n": "1000",
    }
    assert "title" not in kept
    found = (await shop.client.get("/items?filter=__proto__:x&filter=sale:true")).json()
    assert [item["id"] for item in found["items"]] == ["15010"]


@pytest.mark.parametrize(
    "path",
    [
        "/items/..%2Fa",
        "/items/a%2F%2Fb",
        "/items/%00",
        "/items/a%2F",
        "/items/%ff",
        "/items/%20",
        "/items/" + "x" * 600,
    ],
)
async def test_ids_that_no_item_can_have(shop: Shop, path: str) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        sent: dict[str, Any] = (
            {"files": {"image": picture(1)}} if method == "PUT" else {"content": b"{}", "headers": PATCH}
        )
        problem_of(await shop.client.request(method, path, **sent), "invalid_parameter")
    assert is_empty(shop)


@pytest.mark.parametrize("path", ["/items/a%2Fsimilar", "/items/a/image", "/items/similar"])
async def test_what_stands_below_an_item_is_no_item(shop: Shop, path: str) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = await shop.client.request(method, path)
        problem_of(answer, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD"
    assert is_empty(shop)


async def test_an_id_has_one_form(shop: Shop) -> None:
    assert (await put(shop.client, "caf%C3%A9%2F1", title="A")).status_code == 201
    twin = await put(shop.client, "cafe%CC%81/1%20", title="A")
    assert (twin.status_code, twin.json()["changed"], twin.json()["item"]["id"]) == (200, False, "caf\u00e9/1")
    # Letters that only look alike are others.
    assert (await put(shop.client, "c%D0%B0f%C3%A9%2F1")).status_code == 201
    assert (await shop.client.delete("/items/cafe%CC%81%2F1")).status_code == 204


async def test_metadata_of_a_picture_is_not_kept(shop: Shop) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a secret description"
    exif.get_ifd(0x8825)[1] = "N"
    data = picture(5, "JPEG", exif=exif.tobytes(), comment=b"a secret comment")
    assert (await shop.client.put("/items/a", files={"image": data})).status_code == 201
    shown = (await shop.client.get("/items/a/image")).content
    assert b"secret" not in shown
    kept = Image.open(io.BytesIO(shown)).getexif()
    assert (kept[0x0112], len(kept.get_ifd(0x8825))) == (6, 0)


BAD_BODIES: list[tuple[dict[str, Any], ProblemCode]] = [
    ({"files": {"image": b"no picture"}}, "unsupported_media_type"),
    ({"files": {"image": picture(1)[:200]}}, "image_unreadable"),
    ({"files": {"image": encode(draw(1, width=4, height=4), "PNG")}}, "image_too_small"),
    ({"files": [("image", picture(1)), ("image", picture(2))]}, "invalid_parameter"),
    ({"files": {"image": picture(1)}, "data": {"box": "0,0,1,1"}}, "invalid_parameter"),
    ({"files": {"image": picture(1)}, "data": {"item": "{"}}, "invalid_parameter"),
    ({"files": {"item": (None, '{"title": "A"}')}}, "invalid_parameter"),
    ({"json": {"attributes": {}}}, "invalid_parameter"),
    ({"json": {"image_base64": "AAAA", "image_url": "https://a.example/b.jpg"}}, "invalid_parameter"),
    ({"json": {"image_base64": 5}}, "invalid_parameter"),
    ({"json": {"image_url": 5}}, "invalid_parameter"),
    ({"json": {"image_url": "https://a.example/b.jpg"}}, "image_url_refused"),
    ({"json": {"picture": "AAAA"}}, "invalid_parameter"),
    ({"json": []}, "invalid_parameter"),
    ({"content": picture(1), "headers": {"Content-Type": "image/png"}}, "unsupported_media_type"),
    ({"content": b"{}", "headers": {"Content-Type": "text/plain"}}, "unsupported_media_type"),
    ({"content": b""}, "unsupported_media_type"),
]


@pytest.mark.parametrize(("body", "code"), BAD_BODIES)
async def test_a_bad_put_leaves_nothing(shop: Shop, body: dict[str, Any], code: ProblemCode) -> None:
    problem_of(await shop.client.put("/items/a", **body), code)
    assert is_empty(shop)
    problem_of(await shop.client.get("/items/a"), "unknown_item")


async def test_a_put_without_a_picture_names_patch(shop: Shop) -> None:
    answer = await shop.client.put("/items/15010", files={"item": (None, '{"title": "A"}')})
    assert "PATCH" in problem_of(answer, "invalid_parameter").detail


async def test_patch_wants_its_own_media_type(shop: Shop) -> None:
    answer = await shop.client.patch("/items/15010", content=b"{}", headers={"Content-Type": "application/json"})
    assert "application/merge-patch+json" in problem_of(answer, "unsupported_media_type").detail
    problem_of(await shop.client.patch("/items/none", content=b"{}", headers=PATCH), "unknown_item")


@pytest.mark.parametrize("code", ["no_worker", "queue_unavailable", "queue_full", "inference_timeout"])
async def test_without_workers_only_new_pictures_fail(shop: Shop, code: Any) -> None:
    assert (await put(shop.client, "known")).status_code == 201
    sequence = shop.catalogue.sequence()
    shop.embedder.problems = [ServiceProblem(code, "away")]
    problem_of(await put(shop.client, "a", 901), code)
    shop.embedder.refusal = ServiceProblem(code, "away")
    problem_of(await put(shop.client, "a", 901), code)
    assert (shop.catalogue.sequence(), len(list(shop.store.digests()))) == (sequence, 1)
    # A picture that is known needs none, and neither do attributes and deletions.
    assert (await put(shop.client, "b", title="B")).status_code == 201
    assert (await shop.client.patch("/items/b", content=b'{"title": "C"}', headers=PATCH)).status_code == 200
    assert (await shop.client.delete("/items/b")).status_code == 204


async def test_a_store_that_cannot_be_written_leaves_nothing(shop: Shop) -> None:
    (shop.folder / "pictures").write_bytes(b"in the way")
    problem = problem_of(await put(shop.client, "a"), "catalogue_unavailable")
    assert "nothing was changed" in problem.detail
    assert shop.catalogue.sequence() == 1
    # Attributes need no store.
    assert (await shop.client.patch("/items/15010", content=b'{"a": 1}', headers=PATCH)).status_code == 200


async def test_too_many_changes(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    few = settings.model_copy(update={"max_changes": 3})
    async with open_shop(tmp_path, bundle, few) as shop:
        ids = [item["id"] for item in (await shop.client.get("/items?limit=8&offset=10")).json()["items"]]
        statuses = [(await shop.client.delete(f"/items/{item_id}")).status_code for item_id in ids]
        assert statuses == [204] * 3 + [429] * 5
        refused = await put(shop.client, "a")
        problem = problem_of(refused, "too_many_changes")
        assert "LOOKALIKE_MAX_CHANGES" in problem.detail
        assert int(refused.headers["retry-after"]) > 0
        assert shop.embedder.asked == 0
        # An item that changes again is not one more.
        assert (await shop.client.get("/items")).json()["total"] == ITEMS - 3


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://lookalike.test.evil.example", "x"])
async def test_pages_of_other_origins_change_nothing(shop: Shop, origin: str) -> None:
    problem_of(await shop.client.delete("/items/15010", headers={"Origin": origin}), "forbidden")
    csv = {"Origin": origin, "Content-Type": "text/csv"}
    problem_of(await shop.client.post("/imports", content=b"id,image\n", headers=csv), "forbidden")
    assert (await shop.client.get("/items/15010", headers={"Origin": origin})).status_code == 200


async def test_the_own_page_may_write(shop: Shop) -> None:
    answer = await shop.client.delete("/items/15010", headers={"Origin": "http://lookalike.test"})
    assert answer.status_code == 204


async def test_a_service_open_to_all_changes_nothing(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    async with open_shop(tmp_path, bundle, settings.model_copy(update={"open": True})) as shop:
        assert "LOOKALIKE_API_KEYS" in problem_of(await put(shop.client, "a"), "forbidden").detail
        problem_of(await shop.client.get("/imports"), "forbidden")
        assert is_empty(shop)


async def test_keys_come_first(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    key = "a-key-of-19-letters"
    update = {"api_keys": (SecretStr(key),), "cors_origins": ("https://shop.example",), "open": True}
    async with open_shop(tmp_path, bundle, settings.model_copy(update=update)) as shop:
        problem_of(await put(shop.client, "a"), "unauthorized")
        feed: dict[str, Any] = {"content": b"id,image\n", "headers": {"Content-Type": "text/csv"}}
        problem_of(await shop.client.post("/imports", **feed), "unauthorized")
        assert is_empty(shop)
        assert shop.embedder.asked == 0
        assert not (tmp_path / "imports").exists()
        allowed = {"X-API-Key": key, "Origin": "https://shop.example"}
        assert (await shop.client.delete("/items/15010", headers=allowed)).status_code == 204
        preflight = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}
        assert (await shop.client.options("/items/a", headers=preflight)).status_code == 200


async def test_publishable_keys_change_nothing_and_their_pages_do_not_either(
    tmp_path: Path, bundle: Bundle, settings: ApiSettings
) -> None:
    secret, publishable = "a-key-of-19-letters", "pk-of-19-letters-ok"
    update = {"api_keys": (SecretStr(secret),), "publishable_keys": (SecretStr(f"{publishable}@https://shop.example"),)}
    async with open_shop(tmp_path, bundle, settings.model_copy(update=update)) as shop:
        # The key may not, from no page; and a page whose key is public may not, whatever key it has got hold of.
        for headers in ({"X-API-Key": publishable}, {"X-API-Key": secret, "Origin": "https://shop.example"}):
            problem_of(await shop.client.put("/items/a", content=b"{}", headers=headers), "forbidden")
            problem_of(await shop.client.delete("/items/15010", headers=headers), "forbidden")
            feed = {**headers, "Content-Type": "text/csv"}
            problem_of(await shop.client.post("/imports", content=b"id,image\n", headers=feed), "forbidden")
        problem_of(await shop.client.get("/imports", headers={"X-API-Key": publishable}), "forbidden")
        assert is_empty(shop)
        assert (await shop.client.delete("/items/15010", headers={"X-API-Key": secret})).status_code == 204


async def test_preflights_without_keys(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    update = {"cors_origins": ("https://shop.example",)}
    async with open_shop(tmp_path, bundle, settings.model_copy(update=update)) as shop:
        preflight = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}
        problem_of(await shop.client.options("/items/a", headers=preflight), "invalid_parameter")


async def test_without_a_database(client: httpx2.AsyncClient) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        problem = problem_of(await client.request(method, "/items/15010"), "not_found")
        assert "LOOKALIKE_DATABASE_URL" in problem.detail
    problem_of(await client.post("/imports"), "not_found")
    problem_of(await client.get("/imports/abc/errors.csv"), "not_found")
    assert "sequence" not in (await client.get("/items")).json()["index"]
    assert "/imports" not in (await client.get("/openapi.json")).json()["paths"]


async def test_a_bundle_of_another_catalogue_is_served_unchanged(
    tmp_path: Path, bundle: Bundle, settings: ApiSettings
) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    LiveCatalogue.open(url, create=True).close()
    async with open_shop(tmp_path, bundle, settings, url=url) as shop:
        answer = (await shop.client.get("/items")).json()
        assert (answer["total"], "sequence" in answer["index"]) == (ITEMS, False)
        refused = await shop.client.delete("/items/15010")
        assert "importer" in problem_of(refused, "catalogue_unavailable").detail
        assert int(refused.headers["retry-after"]) == 30
        checks = (await shop.client.get("/readyz")).json()
        assert bundle.version in checks["checks"]["catalogue"]
        assert checks["status"] == "ready"
        # The importer takes the bundle over while the API runs.
        shop.catalogue.adopt(bundle.version, items_of(bundle), bundle.model.version)
        await until_status(shop, "DELETE", "/items/15010", 204)


async def test_methods_of_a_path_are_all_named(shop: Shop, connect: Connect) -> None:
    del connect
    answer = await shop.client.post("/items/15010")
    problem_of(answer, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH, PUT"
