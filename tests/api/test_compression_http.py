"""Packed answers: who gets them, what they decode to, and what their head says."""

import asyncio
import json

import httpx2
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.app import create_app
from api.http.accepted_codings import Coding
from api.http.compression import Compression
from api.http.text_coding import coded
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import draw, encode
from tests.api.test_text_coding import DECODERS

SIMILAR = "/items/15020/similar?limit=24"


async def raw(client: httpx2.AsyncClient, url: str, accept: str, **also: str) -> tuple[httpx2.Response, bytes]:
    """An answer as it is, and what its body is once unpacked."""
    headers = {"Accept-Encoding": accept, **also}
    async with client.stream("GET", url, headers=headers) as response:
        body = b"".join([part async for part in response.aiter_raw()])
    assert int(response.headers.get("content-length", 0)) == len(body)
    coding = response.headers.get("content-encoding")
    return response, DECODERS[coding](body) if coding else body


@pytest.mark.parametrize("url", [SIMILAR, "/items?limit=48", "/attributes", "/openapi.json", "/", "/page/words.js"])
async def test_texts_are_packed_for_those_who_accept_it(client: httpx2.AsyncClient, url: str) -> None:
    plain, text = await raw(client, url, "identity")
    tags = {plain.headers["etag"]}
    # Three times: searches are answered from memory then, and files keep their packed form.
    for accept, coding in (*[("gzip", "gzip"), ("gzip, zstd", "zstd")] * 3, ("br", None)):
        response, unpacked = await raw(client, url, accept)
        assert response.headers.get("content-encoding") == coding
        assert "Accept-Encoding" in response.headers["vary"]
        assert len(unpacked) > 1024
        if coding:
            assert int(response.headers["content-length"]) < len(unpacked) * 0.7
        if unpacked != text:
            first, again = json.loads(text), json.loads(unpacked)
            for own in ("request_id", "timing_ms"):
                first.pop(own, None)
                again.pop(own, None)
            assert first == again
            assert json.loads(unpacked)["request_id"] == response.headers["x-request-id"]
        tags.add(response.headers["etag"])
        assert response.headers["content-type"] == plain.headers["content-type"]
    assert len(tags) == 3


async def test_a_photo_and_a_problem_are_packed_too(client: httpx2.AsyncClient) -> None:
    picture = {"image": ("p.jpg", encode(draw(3)), "image/jpeg")}
    answer = await client.post("/similar", files=picture, headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["content-encoding"]) == (200, "gzip")
    assert answer.json()["items"]
    long_path = await client.get("/" + "x" * 2000, headers={"Accept-Encoding": "gzip"})
    assert (long_path.status_code, long_path.headers["content-encoding"]) == (404, "gzip")
    assert long_path.json()["code"] == "not_found"


async def test_what_would_not_shrink_stays(client: httpx2.AsyncClient) -> None:
    for url in ("/items/15020/image", "/favicon.ico", "/items/15020", "/livez", "/items/unknown"):
        response, _ = await raw(client, url, "gzip, zstd")
        assert "content-encoding" not in response.headers, url
    # Unless the client accepts nothing else.
    for url in ("/items/15020", "/items/15020/similar?limit=1", "/items/15020/similar?limit=1", "/items/unknown"):
        response, unpacked = await raw(client, url, "gzip, identity;q=0")
        assert response.headers["content-encoding"] == "gzip", url
        json.loads(unpacked)


async def test_nothing_acceptable_gets_the_answer_as_it_is(client: httpx2.AsyncClient) -> None:
    for accept in ("identity;q=0, *;q=0", "*;q=0", "gzip;q=0, zstd;q=0", "", "gzip;q=9, br"):
        for _ in range(2):
            response, text = await raw(client, SIMILAR, accept)
            assert (response.status_code, response.headers.get("content-encoding")) == (200, None)
            assert json.loads(text)["items"]


async def test_head_and_range_get_the_head_of_the_packed_answer(client: httpx2.AsyncClient) -> None:
    for _ in range(2):
        head = await client.head(SIMILAR, headers={"Accept-Encoding": "gzip"})
        assert (head.status_code, head.content, head.headers["content-encoding"]) == (200, b"", "gzip")
        assert head.headers["etag"].endswith('-gzip"')
        assert 100 < int(head.headers["content-length"]) < 3000
    # No part of an answer is ever sent, so nobody takes a part of the packed one for a part of the text.
    response, unpacked = await raw(client, "/items?limit=48", "gzip", Range="bytes=0-9")
    assert (response.status_code, response.headers["content-encoding"]) == (200, "gzip")
    assert json.loads(unpacked)["total"] == 48


@pytest.mark.parametrize("accept", ["gzip", "zstd"])
async def test_long_answers_are_packed_in_a_thread(
    accept: str, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.http.packing._LONG_BYTES", 2000)
    answers = await asyncio.gather(*(raw(client, SIMILAR, accept) for _ in range(20)))
    assert {answer.headers["content-encoding"] for answer, _ in answers} == {accept}
    assert len({json.loads(text)["request_id"] for _, text in answers}) == 20


async def test_each_file_is_packed_once(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.packing._LONG_BYTES", 2000)
    packings: list[Coding] = []

    def counted(text: bytes, coding: Coding) -> bytes:
        packings.append(coding)
        return coded(text, coding)

    monkeypatch.setattr("api.http.static_files.coded", counted)
    async with asyncio.TaskGroup() as group:
        for accept in ("gzip", "zstd") * 5:
            group.create_task(raw(client, "/page/words.js", accept))
    assert sorted(packings) == ["gzip", "zstd"]


async def test_without_answers_in_memory(
    settings: ApiSettings, bundle: Bundle, embedder: FakeEmbedder, connect: Connect
) -> None:
    off = settings.model_copy(update={"answer_cache_bytes": 0})
    async with connect(create_app(off, bundle, embedder)) as client:
        first, second = [await raw(client, SIMILAR, "zstd") for _ in range(2)]
        assert first[0].headers["content-encoding"] == "zstd"
        assert first[0].headers["etag"] == second[0].headers["etag"]


async def through_compression(response: Response, accept: bytes = b"gzip", method: str = "GET") -> list[Message]:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "headers": [(b"accept-encoding", accept)]}
    await Compression(app)(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("response", "packed"),
    [
        (Response(b"x" * 2000, media_type="text/plain"), True),
        (Response(b"x" * 2000, media_type="TEXT/HTML"), True),
        (Response(b"x" * 2000, media_type="image/svg+xml"), True),
        (Response(b"x" * 2000, media_type="image/jpeg"), False),
        (Response(b"x" * 2000), False),
        (Response(b"x" * 2000, media_type="text/plain", headers={"Content-Encoding": "br"}), False),
        (StreamingResponse(iter([b"x" * 2000, b"y"]), media_type="text/csv"), False),
        (Response(status_code=204), False),
    ],
)
async def test_which_answers_are_packed(response: Response, *, packed: bool) -> None:
    start, *bodies = await through_compression(response)
    headers = dict(start["headers"])
    assert (headers.get(b"content-encoding") == b"gzip") == packed
    body = b"".join(message.get("body", b"") for message in bodies)
    assert (
        (DECODERS["gzip"](body) if packed else body) == b"x" * 2000
        or isinstance(response, StreamingResponse)
        or not body
    )
    if b"content-length" in headers:
        assert int(headers[b"content-length"]) == len(body)


async def test_the_tag_of_an_items_version_stays() -> None:
    response = Response(b"x" * 2000, media_type="application/json", headers={"ETag": '"3"', "Vary": "Origin"})
    for method, tag in (("PUT", b'"3"'), ("PATCH", b'"3"'), ("GET", b'"3-gzip"')):
        headers = dict((await through_compression(response, method=method))[0]["headers"])
        assert (headers[b"etag"], headers[b"content-encoding"]) == (tag, b"gzip")
        assert headers[b"vary"] == b"Origin, Accept-Encoding"
    weak = Response(b"x" * 2000, media_type="text/plain", headers={"ETag": 'W/"3"', "Vary": "*"})
    headers = dict((await through_compression(weak))[0]["headers"])
    assert (headers[b"etag"], headers[b"vary"]) == (b'W/"3"', b"*")
