"""Ids and terms in any Unicode form, asked of a real server with a bundle from before texts had one form."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from index.building import build_bundle
from tests.api.fake_embedder import IDENTITY, embed_pixels
from tests.api.real_server import Server, running
from tests.api.small_catalogue import draw, encode

pytestmark = pytest.mark.services

ITEMS = [
    ("robes/jupe\u0301", {"colour": "E\u0301cru", "gro\u0308\u00dfe": "M"}),
    ("robes/\u00e9t\u00e9", {"colour": "\u00c9cru", "gro\u0308\u00dfe": "L"}),
    ("3", {"colour": "Black", "gro\u0308\u00dfe": "L"}),
    ("4", {"colour": "White"}),
]


def build(root: Path, bundles: Path, images: list[str]) -> None:
    items = [Item(item_id, image, attributes) for (item_id, attributes), image in zip(ITEMS, images, strict=True)]
    embeddings = np.stack([embed_pixels(np.asarray(Image.open(root / image).convert("RGB"))) for image in images])
    now = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
    build_bundle(EmbeddingSet(items, embeddings, IDENTITY, str(root)), bundles, components=2, now=now)


def draw_pictures(folder: Path) -> list[str]:
    folder.mkdir(parents=True)
    for number in range(len(ITEMS)):
        (folder / f"{number}.png").write_bytes(encode(draw(number), "PNG"))
    return [f"{number}.png" for number in range(len(ITEMS))]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("older")
    build(folder / "shop", folder / "bundles", draw_pictures(folder / "shop"))
    with running(folder / "bundles") as server:
        yield server


@pytest.mark.parametrize("asked", ["robes/jupe\u0301", "robes/jup\u00e9", " robes/jup\u00e9\u00a0"])
def test_an_item_is_found_by_any_form_of_its_id(server: Server, asked: str) -> None:
    path = f"/items/{quote(asked)}"
    status, body = server.curl(path)
    assert (status, json.loads(body)["id"]) == (200, ITEMS[0][0])
    assert server.curl(f"{path}/image", "-o", "/dev/null")[0] == 200
    status, body = server.curl(f"{path}/similar")
    assert status == 200
    assert ITEMS[0][0] not in [item["id"] for item in json.loads(body)["items"]]


def test_an_id_that_ends_in_a_newline_stays_unknown(server: Server) -> None:
    status, body = server.curl("/items/3%0A")
    assert (status, json.loads(body)["code"]) == (404, "unknown_item")


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        ("filter=colour:\u00c9cru", 2),
        ("filter=colour:E\u0301cru", 2),
        ("exclude=colour:\u00c9cru", 2),
        ("filter=colour:Black, White", 2),
        ("filter= colour : Black ,\u00a0White", 2),
        ("filter=gr\u00f6\u00dfe:L", 2),
        ("filter=gro\u0308\u00dfe:L, M", 3),
        ("filter=colour:Blac", 0),
    ],
)
def test_terms_are_compared_in_one_form(server: Server, asked: str, total: int) -> None:
    status, body = server.curl(f"/items?{quote(asked, safe='=:,')}")
    assert (status, json.loads(body)["total"]) == (200, total)


def test_groups_and_facets_take_any_form_of_a_field(server: Server) -> None:
    asked = quote("facets=gr\u00f6\u00dfe&group_by=gr\u00f6\u00dfe", safe="=&")
    status, body = server.curl(f"/items/4/similar?{asked}")
    assert status == 200
    assert next(iter(json.loads(body)["facets"].values())) == {"L": 2, "M": 1}


def test_a_term_that_is_empty_once_it_is_stripped_is_refused(server: Server) -> None:
    status, body = server.curl("/items?filter=colour:Black,%20")
    assert (status, json.loads(body)["code"]) == (400, "invalid_parameter")


def test_a_run_of_combining_marks_costs_nothing(server: Server) -> None:
    marks = quote("a" + "\u0301" * 2_000 + "\u0323" * 2_000, safe="")
    for path, status in ((f"/items/{marks}", 404), (f"/items?filter=colour:{marks}", 200)):
        before_s = server.processor_s()
        assert server.curl(path)[0] == status
        assert server.processor_s() - before_s < 1


def test_pictures_behind_a_link_are_served_from_folders_that_the_operator_names(tmp_path: Path) -> None:
    names = draw_pictures(tmp_path / "elsewhere")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "pictures").symlink_to(tmp_path / "elsewhere")
    build(tmp_path / "shop", tmp_path / "bundles", [f"pictures/{name}" for name in names])
    allowed = f"{tmp_path / 'shop'},{tmp_path / 'elsewhere'}"
    for settings, status in (({}, 404), ({"LOOKALIKE_ALLOWED_CATALOGUES": allowed}, 200)):
        with running(tmp_path / "bundles", **settings) as server:
            found, body = server.curl("/items/3/image", "-o", str(tmp_path / "answer"))
            assert found == status, body
    assert (tmp_path / "answer").read_bytes() == (tmp_path / "elsewhere" / "2.png").read_bytes()
