"""docs/integrate.md: what it says to put into a page works there, from another origin than the API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from api.http.problems import ProblemCode
from scripts.install_client_tools import REPOSITORY
from tests.browser.conftest import Watch
from tests.browser.priced_shop import HOSTILE, build_priced_shop
from tests.browser.shop import DrawnEmbedder, serve
from tests.browser.shop_site import Site, serve_site
from tests.browser.snippets import KEY, PAGE, SERVICE, put, run_program, run_typescript, snippet, snippets
from tests.browser.widget_shop import cards, heard, new_context

pytestmark = pytest.mark.browser

ITEM = "new arrivals/0"
# What only writes, jobs and imports answer, which no page asks for.
NOT_FOR_PAGES = {
    "unknown_job",
    "method_not_allowed",
    "precondition_failed",
    "import_too_large",
    "too_many_changes",
    "catalogue_unavailable",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    bundle = build_priced_shop(tmp_path_factory.mktemp("priced"))
    with serve_site() as made:
        keys = {"api_keys": "a-secret-key-of-the-server", "publishable_keys": f"{KEY}@{made.origin}"}
        with serve(bundle, DrawnEmbedder(), **keys) as address:
            made.api, made.key = address, KEY
            yield made


@pytest.fixture
def shop_page(browser: Browser, watch: Watch) -> Iterator[Page]:
    context = new_context(browser)
    yield watch.attach(context.new_page())
    context.close()


def test_plain_html(shop_page: Page, site: Site) -> None:
    parts = [snippet("config.html"), snippet("product.html", site, ITEM), snippet("header.html")]
    shop_page.goto(put(site, "".join(parts)))
    expect(cards(shop_page)).to_have_count(12)
    assert re.fullmatch(
        f"{site.origin}/products/new%20arrivals/\\d+", cards(shop_page).nth(2).get_attribute("href") or ""
    )
    expect(shop_page.get_by_role("heading", name="Das könnte dir auch gefallen")).to_be_visible()
    expect(cards(shop_page).first.locator(".price")).to_contain_text("€")
    shop_page.get_by_role("button", name="Mit einem Foto suchen").click()
    expect(shop_page.get_by_role("dialog")).to_be_visible()


def test_a_style_sheet_and_own_prices(shop_page: Page, site: Site) -> None:
    style, script = snippet("lookalike.css"), snippet("members.js")
    own = f"<style>{style}</style><script>{script}</script>"
    shop_page.goto(put(site, own + snippet("product.html", site, ITEM)))
    expect(cards(shop_page).first.locator(".price")).to_be_visible()
    styles = shop_page.evaluate(
        """() => {
          const root = document.querySelector('lookalike-similar').shadowRoot;
          const of = (part) => getComputedStyle(root.querySelector(`[part~=${part}]`));
          return [of('heading').fontFamily, of('heading').fontSize, of('price').color, of('tile').borderRadius];
        }"""
    )
    assert styles == ["Georgia, serif", "24px", "rgb(138, 28, 28)", "0px"]
    slot = "slot => slot.assignedElements().map((element) => element.textContent)"
    assert cards(shop_page).first.locator(".price slot").evaluate(slot) == ["Members only"]


def test_analytics(shop_page: Page, site: Site) -> None:
    shop_page.goto(put(site, f"<script>{snippet('analytics.js')}</script>{snippet('product.html', site, ITEM)}"))
    shop_page.wait_for_function("window.dataLayer.length")
    # The address of the card is another shop's, which is not there.
    shop_page.evaluate("document.addEventListener('lookalike:click', (event) => event.preventDefault())")
    cards(shop_page).nth(1).click()
    seen, chosen = shop_page.evaluate("window.dataLayer")
    assert (seen["event"], chosen["event"]) == ("view_item_list", "select_item")
    assert [item["index"] for item in seen["items"]] == list(range(1, 13))
    assert chosen["items"] == seen["items"][1:2]
    assert seen["search_id"] == chosen["search_id"] == heard(shop_page, "search")[0]["requestId"]


def test_content_security_policy(shop_page: Page, site: Site) -> None:
    policy = f"default-src 'none'; {snippet('csp.txt', site).strip()}"
    shop_page.goto(put(site, snippet("product.html", site, ITEM) + snippet("header.html"), policy=policy))
    expect(cards(shop_page).first.locator("img")).to_have_class("here")


def test_two_calls_without_the_widget(shop_page: Page, site: Site, watch: Watch) -> None:
    exported = snippet("similar.js", site) + "\nObject.assign(window, { similarTo, similarToPhoto });"
    shop_page.goto(put(site, f'<script type="module">{exported}</script>'))
    shop_page.wait_for_function("'similarTo' in window")
    found = shop_page.evaluate("id => similarTo(id, 3)", ITEM)
    assert len(found) == 3
    loaded = """async ({ picture }) => {
      const image = new Image();
      image.src = picture;
      await image.decode();
      return image.naturalWidth;
    }"""
    assert shop_page.evaluate(loaded, found[0]) == 180
    of_photo = """async (id) => {
      const [same] = await similarTo(id, 1);
      return similarToPhoto(await (await fetch(same.picture)).blob(), 1);
    }"""
    assert shop_page.evaluate(of_photo, ITEM) == found[:1]
    watch.refusals_expected = True
    problem = shop_page.evaluate("similarTo('new arrivals/none').catch((error) => error.message)")
    assert problem.startswith("unknown_item: ")


def test_react(shop_page: Page, site: Site, tmp_path: Path) -> None:
    (tmp_path / "LookalikeSimilar.jsx").write_text(snippet("LookalikeSimilar.jsx", site))
    (tmp_path / "main.jsx").write_text(
        """import { StrictMode, useState } from 'react';
        import { createRoot } from 'react-dom/client';
        import { LookalikeSimilar } from './LookalikeSimilar.jsx';

        function Shop() {
          const [item, setItem] = useState('new arrivals/0');
          window.open = setItem;
          return <LookalikeSimilar item={item} limit={5} onOpen={(path) => window.opened.push(path)}
            onError={(detail) => window.failed.push(detail.code)} />;
        }
        Object.assign(window, { opened: [], failed: [] });
        createRoot(document.getElementById('shop')).render(<StrictMode><Shop /></StrictMode>);"""
    )
    run_program("bundle.js", tmp_path / "main.jsx", tmp_path / "main.js")
    script = f'<script type="module">{(tmp_path / "main.js").read_text()}</script>'
    widget = snippet("product.html", site).partition("\n")[0]
    address = put(site, f'{widget}<div id="shop"></div>{script}')
    shop_page.goto(address)
    expect(cards(shop_page)).to_have_count(5)
    cards(shop_page).first.click()
    (opened,) = shop_page.evaluate("window.opened")
    assert re.fullmatch(r"/products/new%20arrivals/\d+", opened)
    # With Ctrl a tab is opened, which is the browser's business.
    with shop_page.context.expect_page() as tab:
        cards(shop_page).first.click(modifiers=["ControlOrMeta"])
    tab.value.close()
    assert shop_page.url == address
    assert len(shop_page.evaluate("window.opened")) == 1
    shop_page.evaluate("window.open('new arrivals/5')")
    shop_page.wait_for_function("heard.some(({ itemId }) => itemId === 'new arrivals/5')")
    assert shop_page.evaluate("window.failed") == []


def test_types_for_react(tmp_path: Path) -> None:
    (tmp_path / "lookalike.d.ts").write_text(snippet("lookalike.d.ts"))
    (tmp_path / "page.tsx").write_text(
        """export const right = <lookalike-similar item="1" limit={4} group-by="style" onClick={() => {}} />;
        export const button = <lookalike-camera filter="gender:Women" />;
        // @ts-expect-error: the name of the attribute.
        export const wrong = <lookalike-similar itm="1" />;"""
    )
    run_typescript(tmp_path)


def test_shopify(shop_page: Page, site: Site, tmp_path: Path) -> None:
    (tmp_path / "block.liquid").write_text(snippet("lookalike-similar.liquid", site))
    values = {
        "product": {"handle": ITEM},
        "block": {"settings": {"limit": 4, "heading": HOSTILE}, "shopify_attributes": 'data-block="1"'},
        "cart": {"currency": {"iso_code": "EUR"}},
        "request": {"locale": {"iso_code": "fr", "root_url": "/fr"}},
    }
    shop_page.goto(put(site, run_program("render.js", tmp_path / "block.liquid", given=values)))
    expect(cards(shop_page)).to_have_count(4)
    expect(shop_page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    assert (cards(shop_page).first.get_attribute("href") or "").startswith(f"{site.origin}/fr/products/new%20arrivals/")
    values["request"] = {"locale": {"iso_code": "en", "root_url": "/"}}
    assert 'link="/products/{id}"' in run_program("render.js", tmp_path / "block.liquid", given=values)


def test_woocommerce(shop_page: Page, site: Site, tmp_path: Path) -> None:
    (tmp_path / "lookalike.php").write_text(snippet("lookalike.php", site))
    wordpress = REPOSITORY / "tests" / "snippets" / "wordpress.php"
    skus = [ITEM, '"><script>alert(1)</script>', "", None]
    made, hostile, *none = json.loads(run_program("run_plugin.js", wordpress, tmp_path / "lookalike.php", given=skus))
    shop_page.goto(put(site, made))
    expect(cards(shop_page)).to_have_count(12)
    expect(shop_page.get_by_role("heading", name="Das könnte dir auch gefallen")).to_be_visible()
    assert "<script>alert" not in hostile
    assert ["lookalike-similar" in page for page in none] == [False, False]


def test_every_error_that_a_page_can_see_is_explained() -> None:
    troubleshooting = PAGE.read_text().partition("## Troubleshooting")[2]
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", troubleshooting, flags=re.MULTILINE))
    sources = [path.read_text() for path in (REPOSITORY / "clients").rglob("src/*.js")]
    own = {code for text in sources for code in re.findall(r"(?:LookalikeError\(\s*|code: )'([a-z_]+)'", text)}
    assert {"offline", "invalid_attribute"} <= own
    assert explained == (set(get_args(ProblemCode)) - NOT_FOR_PAGES) | own


def test_every_attribute_is_explained() -> None:
    explained = set(re.findall(r"`([a-z-]+)`", PAGE.read_text().partition("| attribute |")[2].partition("\n\n")[0]))
    names = re.search(
        r"const NAMES = \[(.*?)\.\.\.", (REPOSITORY / "clients/widget/src/widget.js").read_text(), re.DOTALL
    )
    assert names
    assert set(re.findall(r"'([a-z-]+)'", names[1])) <= explained


def test_snippets_name_one_service_and_one_key() -> None:
    page = PAGE.read_text()
    assert set(re.findall(r"https://search[a-z.]*", page)) == {SERVICE}
    assert set(re.findall(r"\bpk-[\w-]+", page)) == {KEY}
    assert len(snippets()) == 12
