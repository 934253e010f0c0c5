"""The bytes decide: however a client spells its upload, the same photo finds the same items."""

import base64
import io
import json

import httpx2
import numpy as np
import pytest
from PIL import Image

from api.app import create_app
from api.http.multipart import parse_multipart
from api.http.problems import ProblemCode
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import ids, problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.multipart import BOUNDARY, MULTIPART_HEADERS
from tests.api.small_catalogue import draw, encode

SMALL = encode(draw(20), "PNG")


def noise() -> bytes:
    """A picture of over 64 KiB, which is the most that a text field may have."""
    pixels = np.random.Generator(np.random.PCG64(3)).integers(0, 256, (200, 200, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    assert stream.tell() > 100_000
    return stream.getvalue()


LARGE = noise()
SMALL_LIMIT = 6_000
HEADS = [
    'Content-Disposition: form-data; name="image"',
    "content-disposition: form-data; name=image",
    'Content-Disposition: form-data; name="image"; filename=""',
    'Content-Disposition: form-data; name="image"; filename="../../etc/passwd"',
    "Content-Disposition: form-data; name=\"image\"; filename*=utf-8''%D1%84.jpg",
    'Content-Disposition: form-data; name="image"; filename="a.jpg"; filename*=UTF-8\'en\'%D1%84.jpg',
    'Content-Disposition: form-data; name="image"\r\nContent-Type: text/plain; charset=utf-8',
    'Content-Disposition: form-data; name="image"\r\nContent-Type: application/octet-stream',
    'Content-Type: application/json\r\nContent-Disposition: form-data; name="image"; filename="blob"',
    'Content-Disposition: form-data; name="image"; filename="a.exe"\r\nContent-Type: image/gif',
    'Content-Disposition: form-data; name="image"\r\nContent-Transfer-Encoding: binary\r\nContent-Length: 17',
]


def form(head: str, picture: bytes, more: str = "") -> bytes:
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + picture + f"\r\n{more}--{BOUNDARY}--\r\n".encode()


async def found(client: httpx2.AsyncClient, content: bytes, headers: dict[str, str]) -> tuple[list[str], object]:
    """The items that were found, and what the answer says of the photo."""
    response = await client.post("/similar", content=content, headers=headers)
    assert response.status_code == 200, response.text
    return ids(response.json()), response.json()["query"]


@pytest.mark.parametrize("picture", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("head", HEADS)
async def test_a_part_named_image_is_the_picture(client: httpx2.AsyncClient, head: str, picture: bytes) -> None:
    usual = (await client.post("/similar", files={"image": ("photo.png", picture, "image/png")})).json()
    assert await found(client, form(head, picture), MULTIPART_HEADERS) == (ids(usual), usual["query"])


@pytest.mark.parametrize("picture", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("kind", ["image/png", "IMAGE/JPEG", "image/webp", "image/avif", "image/*", "image/x; q=1"])
async def test_a_bare_body_is_the_picture(client: httpx2.AsyncClient, kind: str, picture: bytes) -> None:
    usual = (await client.post("/similar", files={"image": picture})).json()
    assert await found(client, picture, {"Content-Type": kind}) == (ids(usual), usual["query"])


@pytest.mark.parametrize(
    "head",
    ['name="box"', 'name="box"\r\nContent-Type: text/plain', 'name="box"; filename="box"\r\nContent-Type: image/png'],
)
async def test_a_part_named_box_is_the_box(client: httpx2.AsyncClient, head: str) -> None:
    box = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n0,0,0.5,0.5\r\n"
    response = await client.post("/similar", content=form(HEADS[0], SMALL, box), headers=MULTIPART_HEADERS)
    assert response.json()["query"]["box"] == [0, 0, 0.5, 0.5]


async def test_a_bare_body_takes_filters_too(client: httpx2.AsyncClient) -> None:
    response = await client.post(
        "/similar", params={"filter": "gender:Women"}, content=SMALL, headers={"Content-Type": "image/png"}
    )
    assert response.json()["items"]
    assert all(item["attributes"]["gender"] == "Women" for item in response.json()["items"])


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ("", None),
        ('; filename=""', ""),
        ('; filename="a.jpg"', "a.jpg"),
        ("; filename*=utf-8''%D1%84.jpg", "\u0444.jpg"),
        ("; FileName*=UTF-8'en'%D1%84.jpg; x=y", "\u0444.jpg"),
        ("; filename=\"a.jpg\"; filename*=UTF-8''%D1%84.jpg", "a.jpg"),
        ("; filename*=utf-8''%ff%", "\ufffd%"),
        ("; filename*=latin-1''%e9.jpg", None),
    ],
)
def test_names_of_files(disposition: str, filename: str | None) -> None:
    body = bytearray(form(f'Content-Disposition: form-data; name="image"{disposition}', SMALL))
    (part,) = parse_multipart(MULTIPART_HEADERS["Content-Type"], body, max_pictures=1)
    assert (part.name, part.filename, part.data) == ("image", filename, SMALL)


def as_text(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


@pytest.mark.parametrize("picture", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
async def test_base64_in_json_is_the_picture(client: httpx2.AsyncClient, kind: str, picture: bytes) -> None:
    usual = (await client.post("/similar", files={"image": picture})).json()
    body = json.dumps({"image_base64": as_text(picture)}).encode()
    assert await found(client, body, {"Content-Type": kind}) == (ids(usual), usual["query"])


@pytest.mark.parametrize("box", [[0, 0, 0.5, 0.5], "0,0,0.5,0.5"])
async def test_json_has_a_box_as_numbers_or_as_in_a_form(client: httpx2.AsyncClient, box: object) -> None:
    usual = (await client.post("/similar", files={"image": SMALL}, data={"box": "0,0,0.5,0.5"})).json()
    answer = (
        await client.post("/similar", json={"image_base64": as_text(SMALL), "box": box, "image_url": None})
    ).json()
    assert (ids(answer), answer["query"]) == (ids(usual), usual["query"])


TEXT = as_text(SMALL)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("[]", "invalid_parameter", "must be a JSON object"),
        ("{}", "invalid_parameter", "'image_base64' is missing"),
        ('{"image_base64": null}', "invalid_parameter", "'image_base64' is missing"),
        ('{"image_base64": 5}', "invalid_parameter", "must be a string"),
        ('{"image_base64": "' + TEXT, "invalid_parameter", "not valid JSON"),
        (json.dumps({"image_base64": TEXT})[:-1] + ', "image_base64": "aa=="}', "invalid_parameter", "more than once"),
        (json.dumps({"image_base64": TEXT, "limit": 3}), "invalid_parameter", "query string"),
        (json.dumps({"image_base64": TEXT, "item_ids": []}), "invalid_parameter", "POST /embeddings"),
        (json.dumps({"image_base64": TEXT, "colour": None}), "invalid_parameter", "image_base64, image_url, box"),
        (json.dumps({"image_base64": f"data:image/png;base64,{TEXT}"}), "invalid_parameter", "data URL"),
        (json.dumps({"image_base64": f"{TEXT}\n"}), "invalid_parameter", "line breaks"),
        (json.dumps({"image_base64": TEXT[:-1] + "_"}), "invalid_parameter", "the one for URLs"),
        (json.dumps({"image_base64": TEXT + "A"}), "invalid_parameter", "padded"),
        (json.dumps({"image_base64": as_text(b"x" * 196_607) + TEXT}), "invalid_parameter", "padded"),
        (json.dumps({"image_base64": "ß" + TEXT[1:]}), "invalid_parameter", "padded"),
        (json.dumps({"image_base64": ""}), "image_unreadable", ""),
        (json.dumps({"image_base64": as_text(b"GIF89a" + bytes(50))}), "unsupported_media_type", "GIF"),
        (json.dumps({"image_base64": TEXT, "box": [0, 0, 1]}), "invalid_box", "four numbers"),
        (json.dumps({"image_base64": TEXT, "box": [0, 0, True, 1]}), "invalid_box", "four numbers"),
        (json.dumps({"image_base64": TEXT, "box": [0, 0, 2, 1]}), "invalid_box", "0 <= x1"),
        (json.dumps({"image_base64": TEXT, "box": [0, 0, 0.01, 1]}), "image_too_small", ""),
        ('{"image_url": "https://shop.example/a.jpg"}', "image_url_refused", "fetch it yourself"),
        ('{"image_url": ["https://shop.example/a.jpg"]}', "invalid_parameter", "must be a string"),
        (json.dumps({"image_url": "https://a.example", "image_base64": TEXT}), "invalid_parameter", "one of them"),
        ("[" * 99, "invalid_parameter", "not valid JSON"),
        ("[" * 200, "invalid_parameter", "at most 100"),
    ],
)
async def test_json_without_a_good_picture_is_refused(
    client: httpx2.AsyncClient, body: str, code: ProblemCode, words: str
) -> None:
    response = await client.post("/similar", content=body, headers={"Content-Type": "application/json"})
    problem = problem_of(response, code)
    assert words in problem.detail
    assert TEXT[:40] not in problem.detail


async def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(
    bundle: Bundle, embedder: FakeEmbedder, connect: Connect
) -> None:
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", max_upload_bytes=SMALL_LIMIT)
    async with connect(create_app(settings, bundle, embedder)) as client:
        for size in (SMALL_LIMIT, SMALL_LIMIT + 1, SMALL_LIMIT + 2):
            response = await client.post("/similar", json={"image_base64": as_text(bytes(size))})
            problem_of(response, "image_too_large" if size > SMALL_LIMIT else "unsupported_media_type")
        # Not base64 at all, and too long for it.
        response = await client.post("/similar", json={"image_base64": "!" * (2 * SMALL_LIMIT)})
        assert f"{2 * SMALL_LIMIT // 4 * 3:,} bytes" in problem_of(response, "image_too_large").detail
