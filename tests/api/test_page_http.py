import re

import httpx2
import pytest

from api.app import create_app
from api.routes.page import PAGE_FOLDER
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder


@pytest.mark.parametrize("path", ["/", "/admin"])
async def test_page_and_all_it_links_to_are_served(client: httpx2.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    linked = re.findall(r'(?:src|href)="(page/[^"]+)"', page.text)
    assert linked
    for name in linked:
        response = await client.get(f"/{name}")
        assert response.status_code == 200, name
        assert response.headers["x-content-type-options"] == "nosniff"
    assert (await client.get("/favicon.ico")).status_code == 200


async def test_every_script_and_style_sheet_is_reached_from_a_page(client: httpx2.AsyncClient) -> None:
    pages = [(await client.get(path)).text for path in ("/", "/admin")]
    to_read = [re.findall(r'<script type="module" src="page/([^"]+)"', page)[0] for page in pages]
    reached = set(to_read)
    while to_read:
        script = await client.get(f"/page/{to_read.pop()}")
        assert script.status_code == 200
        new = set(re.findall(r"^import .* from '\./([^']+)';$", script.text, flags=re.MULTILINE)) - reached
        reached |= new
        to_read += new
    assert reached == {path.name for path in PAGE_FOLDER.glob("*.js")}
    sheets = [re.findall(r'rel="stylesheet" href="page/([^"]+)"', page) for page in pages]
    assert {name for each in sheets for name in each} == {path.name for path in PAGE_FOLDER.glob("*.css")}
    # Rules for small screens override those before them.
    assert {each[-1] for each in sheets} == {"adapting.css"}


@pytest.mark.parametrize("path", ["/", "/admin"])
async def test_page_lets_in_nothing_from_elsewhere(client: httpx2.AsyncClient, path: str) -> None:
    policy = (await client.get(path)).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "img-src 'self' blob:;" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


async def test_pictures_of_the_shops_own_host_are_let_in(bundle: Bundle, connect: Connect) -> None:
    settings = ApiSettings(image_url_template="https://cdn.example:8443/p/{id}.jpg")
    async with connect(create_app(settings, bundle, FakeEmbedder())) as client:
        policy = (await client.get("/")).headers["content-security-policy"]
    assert "img-src 'self' blob: https://cdn.example:8443;" in policy


async def test_pictures_at_the_public_address_are_let_in(bundle: Bundle, connect: Connect) -> None:
    settings = ApiSettings(public_url="https://search.shop.example/look")
    async with connect(create_app(settings, bundle, FakeEmbedder())) as client:
        policy = (await client.get("/")).headers["content-security-policy"]
    assert "img-src 'self' blob: https://search.shop.example;" in policy


async def test_known_files_are_not_sent_again(client: httpx2.AsyncClient) -> None:
    first = await client.get("/")
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await client.get("/", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert (await client.get("/", headers={"If-None-Match": '"other"'})).status_code == 200
    assert first.headers["cache-control"] == "no-cache"


async def test_only_listed_files_are_served(client: httpx2.AsyncClient) -> None:
    for name in ("nothing.js", "__init__.py", "%2e%2e%2fapp.py", "..%2fapp.py", "", "base.css/", "BASE.CSS", "a%00.js"):
        problem_of(await client.get(f"/page/{name}"), "not_found")
    assert (PAGE_FOLDER / "index.html").is_file()


async def test_the_root_path_without_its_slash_leads_to_the_page(bundle: Bundle, connect: Connect) -> None:
    async with connect(create_app(ApiSettings(root_path="/look"), bundle, FakeEmbedder())) as client:
        bare = await client.get("/look?item=a%2Fb")
        assert (bare.status_code, bare.headers["location"]) == (308, "/look/?item=a%2Fb")
        assert (await client.get("/look/?item=a%2Fb")).status_code == 200
