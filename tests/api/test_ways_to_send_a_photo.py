"""The bytes decide: however a client spells its upload, the same photo finds the same items."""

import io

import httpx2
import numpy as np
import pytest
from PIL import Image

from api.http.multipart import parse_multipart
from tests.api.answers import ids
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
