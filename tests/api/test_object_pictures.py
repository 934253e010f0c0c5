"""Pictures of a catalogue in a real object store over HTTP, and a store that hangs, is away or swaps pictures."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from api.app import create_app
from api.http.problems import ServiceProblem
from api.items import object_pictures, store_threads
from api.settings import ApiSettings, read_settings
from contracts.errors import BundleError, LaunchError
from index.bundle import Bundle
from index.query import ItemRecord
from pictures.header import MAX_PICTURE_BYTES
from storage import object_store
from storage.object_facts import ObjectFacts
from storage.object_store import ObjectStore, open_object_store
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import draw, encode
from tests.storage.object_server import READER, WRITER, ObjectServer

REDIS = "redis://127.0.0.1:1/0"
PATH = "/items/15015/image"
PICTURE = encode(draw(1, width=400, height=300), "JPEG", quality=95)
OTHER = encode(draw(2, width=400, height=300), "JPEG", quality=95)


@pytest.fixture
def url(objects: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of the catalogue; the process that serves it may only read."""
    url = objects.new_url()
    open_object_store(url).put("15.jpg", PICTURE)
    for name, value in objects.variables(may_write=False).items():
        monkeypatch.setenv(name, value)
    return url


@pytest.fixture
def writer(objects: ObjectServer, url: str) -> ObjectStore:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in objects.variables().items():
            patch.setenv(name, value)
        return open_object_store(url)


@pytest.fixture
async def client(url: str, tmp_path: Path, bundle: Bundle, connect: Connect) -> AsyncIterator[httpx2.AsyncClient]:
    settings = ApiSettings(redis_url=REDIS, catalogue_root=url)  # type: ignore[arg-type]
    async with connect(create_app(settings, bundle, FakeEmbedder(), thumbnails=tmp_path / "kept")) as client:
        yield client


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was remembered is old at once."""
    monkeypatch.setattr(object_pictures, "_FRESH_S", 0.0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_REQUEST_S", 0.5)
    monkeypatch.setattr(object_store, "_ALL_TRIES_S", 0.5)
    monkeypatch.setattr(object_store, "_RETRIES", 0)
    monkeypatch.setattr(store_threads, "_PATIENCE_S", 0.2)


async def test_a_picture_and_its_thumbnail(client: httpx2.AsyncClient) -> None:
    whole = await client.get(PATH)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, PICTURE, "image/jpeg")
    again = await client.get(PATH, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    small = await client.get(f"{PATH}?width=160")
    assert Image.open(io.BytesIO(small.content)).size == (160, 120)
    assert (await client.get("/items/15015/similar")).status_code == 200


async def test_a_picture_that_is_replaced(
    client: httpx2.AsyncClient, writer: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, small = await client.get(PATH), await client.get(f"{PATH}?width=160")
    writer.put("15.jpg", OTHER)
    # Also while the old one's facts are remembered, no old bytes come under a new tag, or the other way round.
    after = await client.get(PATH)
    assert after.content == OTHER
    assert after.headers["etag"] != before.headers["etag"]
    monkeypatch.setattr(object_pictures, "_FRESH_S", 0.0)
    assert (await client.get(f"{PATH}?width=160")).content != small.content
    writer.delete("15.jpg")
    problem_of(await client.get(PATH), "not_found")
    problem_of(await client.get(f"{PATH}?width=160"), "not_found")


async def test_what_is_no_picture_or_too_large(
    client: httpx2.AsyncClient, writer: ObjectStore, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.put("15.jpg", b"<svg onload=alert(1)>")
    problem_of(await client.get(PATH), "not_found")
    writer.put("15.jpg", PICTURE)
    huge = ObjectFacts(MAX_PICTURE_BYTES + 1, '"x"')
    monkeypatch.setattr(ObjectStore, "facts", lambda _self, _name: huge)
    monkeypatch.setattr(ObjectStore, "get", lambda *_: pytest.fail("it was read"))
    problem_of(await client.get(PATH), "not_found")


def test_no_key_leads_out_of_the_root(objects: ObjectServer) -> None:
    pictures = object_pictures.ObjectPictures(open_object_store(objects.new_url(), any_name=True))
    for image in ("../a.jpg", "/a.jpg", "a//b.jpg", "a/../../b.jpg", "", ".", "a\0.jpg", "a\n.jpg", "a/"):
        with pytest.raises(ServiceProblem, match="outside the catalogue's root") as refusal:
            pictures.read(ItemRecord("1", b"{}", image, None), ())
        assert refusal.value.code == "not_found"


async def test_a_store_that_hangs_holds_no_request_for_long_and_no_other_at_all(
    impatient: None, objects: ObjectServer, client: httpx2.AsyncClient
) -> None:
    with objects.hanging():
        begun = time.monotonic()
        waiting = [asyncio.create_task(client.get(PATH)) for _ in range(60)]
        await asyncio.sleep(0.05)
        asked = time.monotonic()
        for path in ("/items/15015", "/items?limit=5", "/items/15015/similar", "/livez"):
            assert (await client.get(path)).status_code == 200
        assert time.monotonic() - asked < 0.5
        answers = await asyncio.gather(*waiting)
        assert time.monotonic() - begun < 3
    for answer in answers:
        problem_of(answer, "catalogue_unavailable")
    assert (await client.get(PATH)).status_code == 200


async def test_kept_thumbnails_are_served_while_the_store_is_away(
    impatient: None, at_once: None, objects: ObjectServer, client: httpx2.AsyncClient
) -> None:
    small = await client.get(f"{PATH}?width=160")
    assert small.status_code == 200
    with objects.hanging():
        again = await client.get(f"{PATH}?width=160")
        assert (again.status_code, again.content) == (200, small.content)
        problem_of(await client.get(f"{PATH}?width=320"), "catalogue_unavailable")


async def test_rights_that_are_missing_are_said_without_the_credentials(
    objects: ObjectServer, bundle: Bundle, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    settings = ApiSettings(redis_url=REDIS, catalogue_root="s3://another-bucket/p")  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in objects.variables(may_write=False).items():
            patch.setenv(name, value)
        patch.setenv("AWS_SESSION_TOKEN", "secret-token")
        app = create_app(settings, bundle, FakeEmbedder())
    async with connect(app) as client:
        answer = await client.get(PATH)
    assert answer.status_code == 503
    said = answer.text + str(answer.headers) + caplog.text
    for secret in (*READER, *WRITER, "secret-token", "Signature", "X-Amz", objects.endpoint):
        assert secret not in said


@pytest.mark.parametrize(
    ("named", "allowed"),
    [
        ("s3://shop/p", ""),
        ("s3://shop/p", "/srv"),
        ("s3://shop/p", "s3://shop/p/q"),
        ("s3://shop/pq", "s3://shop/p"),
        ("s3://shop/p/../q", "s3://shop/p"),
        ("s3://shop/p//q", "s3://shop/p"),
        ("s3://other/p", "s3://shop"),
        ("gs://shop/p", "s3://shop"),
        ("/srv/pictures", "s3://shop"),
    ],
)
def test_a_bundle_opens_no_bucket_by_itself(bundle: Bundle, named: str, allowed: str) -> None:
    settings = ApiSettings(redis_url=REDIS, allowed_catalogues=allowed)  # type: ignore[arg-type]
    with pytest.raises(BundleError, match="LOOKALIKE_CATALOGUE_ROOT"):
        create_app(settings, replace(bundle, catalogue_root=named), FakeEmbedder())


def test_the_operator_allows_prefixes(bundle: Bundle, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ApiSettings(redis_url=REDIS, allowed_catalogues="/srv, s3://shop/p/")  # type: ignore[arg-type]
    for named in ("s3://shop/p", "s3://shop/p/spring 2026"):
        create_app(settings, replace(bundle, catalogue_root=named), FakeEmbedder())
    for wrong in ("s3://key:secret@shop", "gs://shop/secret", "s3://shop/../secret"):
        monkeypatch.setenv("LOOKALIKE_CATALOGUE_ROOT", wrong)
        with pytest.raises(LaunchError, match=r"LOOKALIKE_CATALOGUE_ROOT: .* must be s3://BUCKET") as refusal:
            read_settings()
        assert "secret" not in str(refusal.value)
