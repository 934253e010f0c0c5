"""Pictures that are refused, and odd ones that are not."""

import io
import zlib

import httpx2
import numpy as np
import pytest
from PIL import Image

from api.http.problems import ProblemCode
from api.openapi.schemas import SimilarItems
from tests.api.answers import problem_of
from tests.api.small_catalogue import draw, encode

PNG = encode(draw(1), "PNG")


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
