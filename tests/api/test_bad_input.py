"""What people and programs send that is wrong, and what each of it must be answered."""

import io
import zlib
from collections.abc import Sequence

import httpx2
import numpy as np
import pytest
from PIL import Image

from api.http.problems import ProblemCode
from api.openapi.schemas import SimilarItems
from tests.api.answers import problem_of
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import draw, encode

PNG = encode(draw(1), "PNG")
BOUNDARY = "frontier"


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
        ("/attributes", "field=year"),
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
        ([("image", "a.png", PNG), ("image", "b.png", PNG), ("image", "c.png", PNG)], "over 2 files"),
        ([("image", None, b"a text")], "must be a file"),
        ([("box", "box.txt", b"0,0,1,1"), ("image", "a.png", PNG)], "must be text"),
        ([("box", None, b"0,0,1,1")], "missing"),
        ([("image", "a.png", PNG), ("box", None, b"0,0,1,1"), ("box", None, b"0,0,1,1")], "more than once"),
        ([("photo", "a.png", PNG)], "photo"),
        ([], "missing"),
        ([("image", "a.png", PNG), *[("box", None, b"x")] * 30], "over 16 fields"),
        ([("image", None, b"x" * 70_000)], "over 65,536"),
    ],
)
async def test_parts_that_do_not_belong(
    client: httpx2.AsyncClient, parts: Sequence[tuple[str, str | None, bytes]], named: str
) -> None:
    response = await client.post("/similar", content=_multipart(parts), headers=_multipart_headers())
    assert named in problem_of(response, "invalid_parameter").detail


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"{}", "application/json", "unsupported_media_type"),
        (PNG, "image/png", "unsupported_media_type"),
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
        (b"--" + b"y" * 300 + b"\r\n", "multipart/form-data; boundary=" + "y" * 300, "invalid_parameter"),
    ],
)  # fmt: skip
async def test_bodies_that_are_no_upload(
    client: httpx2.AsyncClient, content: bytes, content_type: str | None, code: ProblemCode
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    problem_of(await client.post("/similar", content=content, headers=headers), code)


async def test_name_and_type_of_the_part_do_not_matter(client: httpx2.AsyncClient) -> None:
    for filename, part_type in (("malware.exe", "application/x-dosexec"), ("../../etc/passwd", "text/html"), ("", "")):
        response = await client.post("/similar", files={"image": (filename or "x", PNG, part_type or "image/gif")})
        assert response.status_code == 200
    assert (await client.post("/similar", files={"image": ("photo.jpg", PNG, "image/jpeg")})).status_code == 200


PICTURES: dict[str, tuple[bytes, ProblemCode]] = {
    "empty": (b"", "image_unreadable"),
    "text": (b"just some words, no picture", "unsupported_media_type"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_media_type"),
    "gif": (encode(draw(3), "GIF"), "unsupported_media_type"),
    "tiff": (encode(draw(3), "TIFF"), "unsupported_media_type"),
    "animated gif": (
        encode(draw(3), "GIF", save_all=True, append_images=[Image.fromarray(draw(4))]),
        "unsupported_media_type",
    ),
    "animated webp": (
        encode(draw(3), "WEBP", save_all=True, append_images=[Image.fromarray(draw(4))]),
        "image_unreadable",
    ),
    "1x1": (encode(draw(3)[:1, :1], "PNG"), "image_too_small"),
    "7 wide": (encode(draw(3)[:, :7], "PNG"), "image_too_small"),
    "truncated jpeg": (encode(draw(3, width=400, height=400))[:3000], "image_unreadable"),
    "jpeg signature alone": (b"\xff\xd8\xff", "image_unreadable"),
    "png signature alone": (b"\x89PNG\r\n\x1a\n", "image_unreadable"),
    "webp claims 16383 x 10900": (
        b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/" + (16382 | 10899 << 14).to_bytes(4, "little") + bytes(8),
        "image_too_large",
    ),
    "over 10 MiB": (PNG + bytes(10 * 1024 * 1024), "image_too_large"),
}


@pytest.mark.parametrize("name", PICTURES)
async def test_bad_pictures_and_the_good_one_after(client: httpx2.AsyncClient, name: str) -> None:
    picture, code = PICTURES[name]
    problem_of(await client.post("/similar", files={"image": ("photo.jpg", picture, "image/jpeg")}), code)
    assert (await client.post("/similar", files={"image": PNG})).status_code == 200


async def test_png_of_one_colour_that_would_take_gigabytes(client: httpx2.AsyncClient) -> None:
    side = 20_000
    row = b"\x00" + bytes(side * 3)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(50)) + packer.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + checksum

    header = side.to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    problem_of(await client.post("/similar", files={"image": png}), "image_too_large")


def _odd_pictures() -> dict[str, bytes]:
    pixels = draw(2)
    palette = Image.fromarray(pixels).quantize(16)
    stream = io.BytesIO()
    palette.save(stream, "PNG", transparency=3)
    deep = io.BytesIO()
    Image.fromarray(pixels[..., 0].astype(np.uint16) * 257).save(deep, "PNG")
    cmyk = io.BytesIO()
    Image.fromarray(pixels).convert("CMYK").save(cmyk, "JPEG")
    multi = io.BytesIO()
    Image.fromarray(pixels).save(multi, "MPO", save_all=True, append_images=[Image.fromarray(draw(4))])
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "cmyk": cmyk.getvalue(),
        "multi-picture": multi.getvalue(),
        "16 bit": deep.getvalue(),
        "palette": stream.getvalue(),
        "rotated": encode(pixels, "JPEG", exif=exif),
    }


@pytest.mark.parametrize("name", ["cmyk", "multi-picture", "16 bit", "palette", "rotated"])
async def test_odd_pictures_that_are_good(client: httpx2.AsyncClient, name: str) -> None:
    response = await client.post("/similar", files={"image": _odd_pictures()[name]})
    assert response.status_code == 200, response.text
    answer = response.json()
    SimilarItems.model_validate(answer)
    size = (answer["query"]["width"], answer["query"]["height"])
    assert size == ((80, 60) if name == "rotated" else (60, 80))


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


@pytest.mark.parametrize(
    ("content", "content_type", "code", "named"),
    [
        (b"", "application/json", "invalid_parameter", "not valid JSON"),
        (b"{", "application/json", "invalid_parameter", "not valid JSON"),
        (b"\xff\xfe", "application/json", "invalid_parameter", "not valid JSON"),
        (b"[" * 100_000, "application/json", "invalid_parameter", "not valid JSON"),
        (b'["15010"]', "application/json", "invalid_parameter", "object"),
        (b"{}", "application/json", "invalid_parameter", "item_ids"),
        (b'{"item_ids": "15010"}', "application/json", "invalid_parameter", "list"),
        (b'{"item_ids": [15010]}', "application/json", "invalid_parameter", "string"),
        (b'{"item_ids": []}', "application/json", "invalid_parameter", "10,000"),
        (b'{"item_ids": [' + b'"a",' * 10_000 + b'"a"]}', "application/json", "invalid_parameter", "10,001"),
        (b'{"item_ids": ["a"], "limit": 3}', "application/json", "invalid_parameter", "limit"),
        (b"x", "text/plain", "unsupported_media_type", "text/plain"),
        (b"x", "multipart/form-data; boundary=x", "invalid_parameter", ""),
    ],
)
async def test_bad_jobs(
    client: httpx2.AsyncClient, content: bytes, content_type: str, code: ProblemCode, named: str
) -> None:
    response = await client.post("/embeddings", content=content, headers={"Content-Type": content_type})
    assert named in problem_of(response, code).detail


async def test_too_many_pictures_for_a_job(client: httpx2.AsyncClient) -> None:
    parts = [("image", f"{number}.png", b"x") for number in range(33)]
    response = await client.post("/embeddings", content=_multipart(parts), headers=_multipart_headers())
    assert "32" in problem_of(response, "invalid_parameter").detail
    response = await client.post(
        "/embeddings", content=_multipart([("box", None, b"0,0,1,1")]), headers=_multipart_headers()
    )
    problem_of(response, "invalid_parameter")


async def test_jobs_without_redis_are_unavailable(client: httpx2.AsyncClient) -> None:
    problem_of(await client.post("/embeddings", json={"item_ids": ["15010"]}), "queue_unavailable")
    problem_of(await client.get("/jobs/" + "0" * 32), "queue_unavailable")
    # No id that was ever given out: Redis need not be asked.
    for job_id in ("nothing", "0" * 31, "0" * 32 + "%0A", "G" * 32):
        problem_of(await client.get(f"/jobs/{job_id}"), "unknown_job")


def _multipart(parts: Sequence[tuple[str, str | None, bytes]]) -> bytes:
    body = b""
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
        body += f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def _multipart_headers() -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
