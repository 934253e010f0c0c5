"""`/widget.js` over HTTP, and that it is what its sources say."""

import gzip
import hashlib
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.requests import Request

from api.app import create_app
from api.http.problems import ServiceProblem
from api.routes.widget import WidgetRoutes
from api.settings import ApiSettings
from index.bundle import Bundle
from scripts.build_widget import WIDGET
from scripts.build_widget import bundle as build
from scripts.install_client_tools import WIDGET_TOOLS
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder

MOST_BYTES = 20_000


@pytest.mark.parametrize("root_path", ["", "/look"])
async def test_pages_of_all_origins_load_it_without_a_key(bundle: Bundle, connect: Connect, root_path: str) -> None:
    settings = ApiSettings(api_keys=(SecretStr("the-key-of-the-shops-server"),), root_path=root_path)
    async with connect(create_app(settings, bundle, FakeEmbedder())) as client:
        answer = await client.get(f"{root_path}/widget.js", headers={"Origin": "https://shop.example"})
        assert answer.status_code == 200
        assert answer.content == WIDGET.read_bytes()
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["cache-control"] == "public, max-age=3600"
        known = await client.get(f"{root_path}/widget.js", headers={"If-None-Match": answer.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
        head = await client.head(f"{root_path}/widget.js")
        assert (head.status_code, head.content) == (200, b"")


async def test_the_key_in_its_address_is_for_the_page_alone(bundle: Bundle, connect: Connect) -> None:
    settings = ApiSettings(
        api_keys=(SecretStr("the-key-of-the-shops-server"),),
        publishable_keys="pk-of-the-shops-own-pages@https://shop.example",  # type: ignore[arg-type]
    )
    async with connect(create_app(settings, bundle, FakeEmbedder())) as client:
        plain = await client.get("/widget.js")
        keyed = await client.get("/widget.js", params={"key": "pk-of-the-shops-own-pages"})
    assert keyed.status_code == 200
    assert keyed.headers["etag"] == plain.headers["etag"]
    assert b"pk-of-the-shops" not in keyed.content


def test_it_is_small_enough_for_a_phone() -> None:
    assert len(gzip.compress(WIDGET.read_bytes(), 6)) <= MOST_BYTES


def test_it_is_built_of_its_sources(tmp_path: Path) -> None:
    if not WIDGET_TOOLS.joinpath("node_modules").is_dir():
        pytest.skip("esbuild is not installed; run scripts/install_client_tools.py, or `make test`")
    build(tmp_path / "widget.js")
    built = hashlib.sha256((tmp_path / "widget.js").read_bytes()).hexdigest()
    assert built == hashlib.sha256(WIDGET.read_bytes()).hexdigest(), "the sources have changed; run `make widget`"


def test_it_makes_no_html_of_text() -> None:
    sources = Path("clients/widget/src")
    for source in sorted((WIDGET.parents[2] / sources).glob("*.js")):
        text = source.read_text()
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "setAttribute('style'", "eval("):
            assert way not in text, source.name


async def test_an_installation_without_it_says_what_builds_it(tmp_path: Path) -> None:
    with pytest.raises(ServiceProblem, match="make widget"):
        await WidgetRoutes(tmp_path / "none").script(Request({"type": "http", "headers": []}))
