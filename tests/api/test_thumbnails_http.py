"""Thumbnails over HTTP: what is asked for, what is sent, what is kept, and pictures that have none."""

import asyncio
import io
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import numpy as np
import pytest
from PIL import Image, ImageColor

from api.app import create_app
from api.http.problems import ProblemCode
from api.settings import ApiSettings
from index.bundle import Bundle
from pictures.header import MAX_PICTURE_BYTES
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.live_catalogue import open_shop
from tests.api.small_catalogue import draw, encode
from tests.full_disk import files_of_at_most
from tests.pictures.picture_files import animated, png_of_one_colour, webp_bomb

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
PATH = "/items/15015/image"
PICTURE = encode(draw(1, width=400, height=300), "JPEG", quality=95)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the catalogue; the picture of item 15015 is in 15.jpg."""
    root = tmp_path / "catalogue"
    root.mkdir()
    (root / "15.jpg").write_bytes(PICTURE)
    return root


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The folder of the thumbnails."""
    return tmp_path / "thumbnails"


@pytest.fixture
def not_a_folder(kept: Path) -> Path:
    kept.write_text("a file")
    return kept


@pytest.fixture
async def client(root: Path, kept: Path, bundle: Bundle, connect: Connect) -> AsyncIterator[httpx2.AsyncClient]:
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", catalogue_root=root)
    async with connect(create_app(settings, bundle, FakeEmbedder(), thumbnails=kept)) as client:
        yield client


async def counted(client: httpx2.AsyncClient) -> dict[str, int]:
    """The metrics of thumbnails, without their common beginning."""
    text = (await client.get("/metrics")).text
    found = re.findall(r'^lookalike_thumbnails_(\w+?)(?:_total)?(?:\{result="(\w+)"\})? ([0-9.]+)$', text, re.MULTILINE)
    return {result or name: int(float(value)) for name, result, value in found}


def names(kept: Path) -> list[str]:
    """The files of the folder of thumbnails."""
    return [path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file()]


def opened(response: httpx2.Response) -> Image.Image:
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.content))


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [(CHROME, "image/avif"), ("image/webp,*/*", "image/webp"), ("*/*", "image/jpeg"), ("image/avif;q=0", "image/jpeg")],
)
async def test_it_is_in_the_format_that_is_preferred(client: httpx2.AsyncClient, accept: str, media_type: str) -> None:
    for _ in range(2):
        response = await client.get(f"{PATH}?width=160", headers={"Accept": accept})
        assert opened(response).size == (160, 120)
        assert Image.MIME[opened(response).format or ""] == response.headers["content-type"] == media_type
        assert response.headers["vary"] == "Accept"
        original = await client.get(PATH)
        for header in ("cache-control", "content-security-policy", "x-content-type-options", "content-disposition"):
            assert response.headers[header] == original.headers[header]
    assert (await counted(client))["kept"] == 1


async def test_it_is_never_larger_than_the_picture(client: httpx2.AsyncClient) -> None:
    sizes = [opened(await client.get(f"{PATH}?width={width}")).size for width in (160, 320, 640, 1280)]
    assert sizes == [(160, 120), (320, 240), (400, 300), (400, 300)]


async def test_without_a_width_the_picture_stays_as_it_is(client: httpx2.AsyncClient, kept: Path) -> None:
    response = await client.get(PATH, headers={"Accept": CHROME})
    assert response.content == PICTURE
    assert "vary" not in response.headers
    assert names(kept) == []


@pytest.mark.parametrize(
    "query",
    [
        *(f"width={text}" for text in ("0", "-1", "161", "0160", "160.0", "", "1e3", "NaN", "%00", "160,320", "١٦٠")),
        f"width={'9' * 400}",
        "width=160&width=320",
        "width=160&width=160",
        "Width=160",
        "height=160",
        "width=160&quality=100",
    ],
)
async def test_other_widths_are_refused(client: httpx2.AsyncClient, kept: Path, query: str) -> None:
    assert "width" in problem_of(await client.get(f"{PATH}?{query}"), "invalid_parameter").detail
    assert names(kept) == []


async def test_a_known_thumbnail_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    first = await client.get(f"{PATH}?width=160", headers={"Accept": CHROME})
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await client.get(f"{PATH}?width=160", headers={"Accept": CHROME, "If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["vary"] == "Accept"
    # Another width, another format, and the picture itself are something else.
    for path, accept in ((f"{PATH}?width=320", CHROME), (f"{PATH}?width=160", "image/webp"), (PATH, CHROME)):
        other = await client.get(path, headers={"Accept": accept, "If-None-Match": etag})
        assert other.status_code == 200
        assert other.headers["etag"] != etag
    head = await client.head(f"{PATH}?width=160", headers={"Accept": CHROME})
    assert (head.content, head.headers["etag"]) == (b"", etag)
    assert head.headers["content-length"] == str(len(first.content))


async def test_a_picture_that_changes_has_another_thumbnail(client: httpx2.AsyncClient, root: Path) -> None:
    def rewrite(data: bytes) -> None:
        (root / "15.jpg").write_bytes(data)

    def replace(data: bytes) -> None:
        # With the time and size of the one before, as `cp -p` and `rsync` leave them.
        before = (root / "15.jpg").stat()
        new = root / "new"
        new.write_bytes(data.ljust(before.st_size, b"\0"))
        os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
        new.replace(root / "15.jpg")
        assert (root / "15.jpg").stat().st_size == before.st_size

    changes: list[tuple[Callable[[bytes], None], str]] = [(rewrite, "red"), (replace, "blue"), (rewrite, "green")]
    for change, colour in changes:
        before = (await client.get(f"{PATH}?width=160")).headers["etag"]
        change(_plain(colour))
        after = await client.get(f"{PATH}?width=160")
        assert after.headers["etag"] != before
        assert np.allclose(np.asarray(opened(after))[5, 5], ImageColor.getrgb(colour), atol=8)


def _plain(colour: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (300, 300), colour).save(stream, "JPEG", quality=90)
    return stream.getvalue()


async def test_it_is_kept_for_the_next_process(
    client: httpx2.AsyncClient, root: Path, kept: Path, bundle: Bundle, connect: Connect
) -> None:
    first = await client.get(f"{PATH}?width=160")
    (name,) = names(kept)
    # A hash, and nothing that a client has chosen.
    assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{62}", name)
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", catalogue_root=root)
    async with connect(create_app(settings, bundle, FakeEmbedder(), thumbnails=kept)) as later:
        again = await later.get(f"{PATH}?width=160")
        assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
        assert (await counted(later))["making_seconds_count"] == 0
        # What is not the server's own work is made again.
        (kept / name).write_bytes(b"\xff\xd8\xff<script>")
        assert (await later.get(f"{PATH}?width=160")).content == first.content
        assert (await counted(later))["making_seconds_count"] == 1


async def test_a_full_disk_costs_only_time(client: httpx2.AsyncClient, kept: Path) -> None:
    with files_of_at_most(100):
        answers = [await client.get(f"{PATH}?width=160") for _ in range(2)]
    assert opened(answers[0]).size == (160, 120)
    assert answers[0].content == answers[1].content
    assert names(kept) == []
    assert (await counted(client))["not_kept"] == 2


async def test_so_does_a_folder_that_is_none(client: httpx2.AsyncClient, not_a_folder: Path) -> None:
    assert opened(await client.get(f"{PATH}?width=160")).size == (160, 120)
    assert (await counted(client))["not_kept"] == 1
    assert names(not_a_folder) == []


async def test_none_is_kept_where_that_is_switched_off(
    root: Path, kept: Path, bundle: Bundle, connect: Connect
) -> None:
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", catalogue_root=root, thumbnail_bytes=0)
    async with connect(create_app(settings, bundle, FakeEmbedder(), thumbnails=kept)) as client:
        for _ in range(2):
            assert opened(await client.get(f"{PATH}?width=160")).size == (160, 120)
        assert (await counted(client))["making_seconds_count"] == 2
    assert names(kept) == []


async def test_a_stampede_on_one_picture_decodes_it_once(client: httpx2.AsyncClient, root: Path) -> None:
    (root / "15.jpg").write_bytes(encode(draw(1, width=3000, height=2000), "JPEG", quality=80))
    answers = await asyncio.gather(*(client.get(f"{PATH}?width=640") for _ in range(40)))
    assert len({answer.content for answer in answers}) == 1
    counts = await counted(client)
    assert (counts["making_seconds_count"], counts["made"], counts["shared"]) == (1, 1, 39)
    assert (counts["waiting"], counts["decoding_bytes"]) == (0, 0)
    # Several sizes at once come one after the other.
    widths = await asyncio.gather(*(client.get(f"{PATH}?width={width}") for width in (160, 320, 1280) * 5))
    assert [opened(answer).width for answer in widths] == [160, 320, 1280] * 5
    assert (await counted(client))["making_seconds_count"] == 4


HAVE_NONE: dict[str, tuple[bytes | None, ProblemCode, str]] = {
    "missing": (None, "not_found", "no such file"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "not_found", "neither"),
    "gif": (b"GIF89a" + bytes(100), "not_found", "neither"),
    "empty": (b"", "not_found", "neither"),
    "too many bytes": (b"\xff\xd8\xff" + bytes(MAX_PICTURE_BYTES), "not_found", "over 10,485,760 bytes"),
    "bomb": (webp_bomb(), "not_found", "16,383"),
    "too many pixels": (png_of_one_colour(8000, 7000), "not_found", "8,000 x 7,000"),
    "cut": (PICTURE[:-2000], "image_unreadable", "truncated or damaged"),
    "header alone": (PICTURE[:20], "image_unreadable", "header is damaged"),
    "animated": (animated("WEBP"), "image_unreadable", "animation"),
    "tiny": (encode(draw(1, width=4, height=4), "PNG"), "image_too_small", "4 x 4"),
}


@pytest.mark.parametrize("kind", HAVE_NONE)
async def test_a_picture_that_has_none_says_why(client: httpx2.AsyncClient, root: Path, kind: str) -> None:
    data, code, words = HAVE_NONE[kind]
    (root / "15.jpg").unlink()
    if data is not None:
        (root / "15.jpg").write_bytes(data)
    for _ in range(2):
        problem = problem_of(await client.get(f"{PATH}?width=320", headers={"Accept": CHROME}), code)
        assert words in problem.detail
        assert "15015" in problem.detail
        assert str(root) not in problem.detail
    counts = await counted(client)
    assert (counts["refused"], counts["made"]) == (2, 0)
    # It is not decoded again for whoever asks again; but once it is mended, it has one.
    (root / "15.jpg").write_bytes(PICTURE)
    assert opened(await client.get(f"{PATH}?width=320")).width == 320


async def test_links_and_pipes_lead_nowhere(client: httpx2.AsyncClient, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(PICTURE)
    (root / "16.png").symlink_to(outside)
    (root / "17.webp").mkdir()
    os.mkfifo(root / "18.jpg")
    (root / "19.png").symlink_to("15.jpg")
    for number in (16, 17, 18):
        problem_of(await client.get(f"/items/{15_000 + number}/image?width=160"), "not_found")
    assert opened(await client.get("/items/15019/image?width=160")).width == 160


async def test_unknown_items_have_none(client: httpx2.AsyncClient, kept: Path) -> None:
    for item_id in ("nothing", "..%2f..%2fetc%2fpasswd", "15.jpg", "%00"):
        problem_of(await client.get(f"/items/{item_id}/image?width=160"), "unknown_item")
    assert names(kept) == []


async def test_pictures_of_changed_items_have_them_too(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    async with open_shop(tmp_path, bundle, settings) as shop:
        etags = set()
        for colour in ("red", "blue"):
            picture = ("a.jpg", _plain(colour))
            put = await shop.client.put("/items/new", files={"image": picture}, data={"item": '{"title": "New"}'})
            assert put.status_code in {200, 201}
            response = await shop.client.get("/items/new/image?width=160")
            assert opened(response).size == (160, 160)
            etags.add(response.headers["etag"])
        assert len(etags) == 2
        assert (await shop.client.delete("/items/new")).status_code == 204
        problem_of(await shop.client.get("/items/new/image?width=160"), "unknown_item")
