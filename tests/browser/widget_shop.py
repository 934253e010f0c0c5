"""What the widget's tests share: a shop's pages and keys, and what a page hears of a widget."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from index.bundle import Bundle
from tests.browser.shop import DrawnEmbedder, serve
from tests.browser.shop_site import Site, serve_site

SECRET = "the-key-of-the-shops-server"
KEY = "pk-of-the-shops-own-pages"

# Keeps what widgets tell the page, for the tests to read.
LISTEN = """
window.heard = [];
for (const name of ['view', 'click', 'search', 'error']) {
  document.addEventListener(`lookalike:${name}`, ({ detail, target }) => {
    heard.push({ name, from: target.localName, ...detail });
  });
}
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.moved += entry.value;
}).observe({ type: 'layout-shift', buffered: true });
"""


@contextmanager
def serve_shop(bundle: Bundle, embedder: DrawnEmbedder, **settings: object) -> Iterator[Site]:
    """The API with a key for the pages of a site at another origin, and that site."""
    with serve_site() as site:
        keys = {"api_keys": [SECRET], "publishable_keys": f"{KEY}@{site.origin}"}
        with serve(bundle, embedder, **{**keys, **settings}) as address:
            site.api, site.key = address, KEY
            yield site


def new_context(browser: Browser, *, phone: bool = False, width: int | None = None) -> BrowserContext:
    """A context for one test: a desktop of 1,366 pixels, or a phone of 390."""
    if phone:
        context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    else:
        context = browser.new_context(viewport={"width": width or 1366, "height": 900})
    context.add_init_script(LISTEN)
    return context


def heard(page: Page, name: str) -> list[dict[str, Any]]:
    """What widgets told the page under a name."""
    found: list[dict[str, Any]] = page.evaluate("name => heard.filter((each) => each.name === name)", name)
    return found


def cards(page: Page, within: str = "lookalike-similar") -> Locator:
    """The cards of a widget, without skeletons."""
    return page.locator(f"{within} .card:is(a, button)")


def ids_shown(page: Page) -> list[str]:
    """Ids of the last answer that the page heard of."""
    return [item["id"] for item in heard(page, "search")[-1]["items"]]


def assert_accessible(page: Page) -> None:
    """Nothing for axe, also in shadow roots, when all movement has ended."""
    # Those in a shadow root are not among the document's.
    page.evaluate("""() => {
      const roots = [document, ...[...document.querySelectorAll('*')].map((found) => found.shadowRoot).filter(Boolean)];
      const once = roots.flatMap((root) => root.getAnimations()).filter((a) => a.effect.getTiming().iterations === 1);
      return Promise.allSettled(once.map((a) => a.finished)).then(() => null);
    }""")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
