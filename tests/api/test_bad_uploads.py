"""Wrong forms and bodies of POST /similar, and what each of them must be answered."""

from collections.abc import Sequence

import httpx2
import pytest

from api.http.problems import ProblemCode
from tests.api.answers import problem_of
from tests.api.fake_embedder import FakeEmbedder
from tests.api.multipart import MULTIPART_HEADERS, multipart
from tests.api.small_catalogue import draw, encode

PNG = encode(draw(1), "PNG")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"limit": "5"}, ["limit", "query string"]),
        ({"filter": "year:2010"}, ["filter", "query string"]),
        ({"colour": "red"}, ["colour", "image, box"]),
    ],
)
async def test_form_fields_that_do_not_belong(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, fields: dict[str, str], named: Sequence[str]
) -> None:
    problem = problem_of(await client.post("/similar", files={"image": PNG}, data=fields), "invalid_parameter")
    for word in named:
        assert word in problem.detail
    assert embedder.asked == 0


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ([("image", "a.png", PNG), ("image", "b.png", PNG)], "more than once"),
        ([("image", "a.png", PNG), ("image", "b.png", PNG), ("image", "c.png", PNG)], "over 2 parts 'image'"),
        ([("box", None, b"0,0,1,1")], "missing"),
        ([("image", "a.png", PNG), ("box", None, b"0,0,1,1"), ("box", None, b"0,0,1,1")], "more than once"),
        ([("photo", "a.png", PNG)], "photo"),
        ([("photo", "a.png", b"x" * 70_000)], "the part 'photo' has over 65,536 bytes; only parts named 'image' may"),
        ([], "missing"),
        ([("image", "a.png", PNG), *[("box", None, b"x")] * 30], "over 16 fields"),
        ([("image", "a.png", PNG), ("box", None, b"x" * 70_000)], "over 65,536"),
    ],
)
async def test_parts_that_do_not_belong(
    client: httpx2.AsyncClient, parts: Sequence[tuple[str, str | None, bytes]], named: str
) -> None:
    response = await client.post("/similar", content=multipart(parts), headers=MULTIPART_HEADERS)
    assert named in problem_of(response, "invalid_parameter").detail


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"{}", "application/json", "invalid_parameter"),
        (PNG, "application/octet-stream", "unsupported_media_type"),
        (b"GIF89a" + bytes(100), "image/gif", "unsupported_media_type"),
        (b"", "image/jpeg", "image_unreadable"),
        (bytes(10 * 1024**2 + 1), "image/jpeg", "image_too_large"),
        (b"image=x", "application/x-www-form-urlencoded", "unsupported_media_type"),
        (PNG, None, "unsupported_media_type"),
        (b"", None, "unsupported_media_type"),
        (b"x", "multipart/mixed; boundary=x", "unsupported_media_type"),
        (b"x", "multipart/form-data", "invalid_parameter"),
        (b"x", "multipart/form-data; boundary=", "invalid_parameter"),
        (b"", "multipart/form-data; boundary=x", "invalid_parameter"),
        (b"not multipart at all", "multipart/form-data; boundary=x", "invalid_parameter"),
        (b"--x\r\n\r\nno header\r\n--x--\r\n", "multipart/form-data; boundary=x", "invalid_parameter"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", "multipart/form-data; boundary=x",
         "invalid_parameter"),
        (b"--x\r\n\x00\xff: a\r\n\r\nb\r\n--x--\r\n", "multipart/form-data; boundary=x", "invalid_parameter"),
        (b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc',
         "multipart/form-data; boundary=x", "invalid_parameter"),
        (b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + b"\r\n--xy" * 201,
         "multipart/form-data; boundary=x", "invalid_parameter"),
        (b"--" + b"y" * 300 + b"\r\n", "multipart/form-data; boundary=" + "y" * 300, "invalid_parameter"),
    ],
)  # fmt: skip
async def test_bodies_that_are_no_upload(
    client: httpx2.AsyncClient, content: bytes, content_type: str | None, code: ProblemCode
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    problem_of(await client.post("/similar", content=content, headers=headers), code)


async def test_the_name_of_a_file_instead_of_the_file(client: httpx2.AsyncClient) -> None:
    """What `curl -F image=photo.jpg` sends."""
    content = multipart([("image", None, b"photo.jpg")])
    response = await client.post("/similar", content=content, headers=MULTIPART_HEADERS)
    assert "with curl: -F image=@photo.jpg" in problem_of(response, "unsupported_media_type").detail


@pytest.mark.parametrize(
    ("box", "code"),
    [
        ("0.5,0.5,1.5,1", "invalid_box"),
        ("-0.1,0,1,1", "invalid_box"),
        ("0.6,0,0.4,1", "invalid_box"),
        ("0,0,0,0", "invalid_box"),
        ("0,0,1", "invalid_box"),
        ("a,b,c,d", "invalid_box"),
        ("nan,0,1,1", "invalid_box"),
        ("", "invalid_box"),
        ("0,0,0.05,1", "image_too_small"),
    ],
)
async def test_bad_boxes(client: httpx2.AsyncClient, embedder: FakeEmbedder, box: str, code: ProblemCode) -> None:
    problem_of(await client.post("/similar", files={"image": PNG}, data={"box": box}), code)
    assert embedder.asked == 0
