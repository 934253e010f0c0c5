"""Chromium, the shop, and a page that is watched for errors."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from index.bundle import Bundle
from tests.browser.priced_shop import build_priced_shop
from tests.browser.shop import DrawnEmbedder, build_shop, serve

# The same browser without windows takes two thirds of the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@dataclass
class Watch:
    """What the browser complained of.

    Attributes:
        refusals_expected: a status of 400 or more belongs to the test.
    """

    complaints: list[str] = field(default_factory=list)
    refusals_expected: bool = False

    def hear(self, message: ConsoleMessage) -> None:
        """Note a warning or an error, content security policy violations among them."""
        if message.type not in {"error", "warning"}:
            return
        if self.refusals_expected and message.text.startswith("Failed to load resource"):
            return
        self.complaints.append(message.text)

    def attach(self, page: Page) -> Page:
        """Listen to a page."""
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no `chromium` is installed; on Debian: apt-get install chromium")
    # For a module, not for the session: while it runs, Playwright keeps an event loop running in this thread, and
    # tests of other rooms could not run theirs.
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    # So many shapes and colours resemble each other little; most tests want to page through all of them.
    return replace(build_shop(tmp_path_factory.mktemp("shop")), resemblance_from=None)


@pytest.fixture(scope="session")
def priced_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return build_priced_shop(tmp_path_factory.mktemp("priced"))


@pytest.fixture(scope="session")
def shop_embedder() -> DrawnEmbedder:
    return DrawnEmbedder()


@pytest.fixture
def embedder(shop_embedder: DrawnEmbedder) -> DrawnEmbedder:
    shop_embedder.problem = shop_embedder.objects = None
    shop_embedder.boxes.clear()
    shop_embedder.detects.clear()
    shop_embedder.pictures.clear()
    return shop_embedder


@pytest.fixture(scope="session")
def address(bundle: Bundle, shop_embedder: DrawnEmbedder) -> Iterator[str]:
    with serve(bundle, shop_embedder) as running:
        yield running


@pytest.fixture
def watch() -> Iterator[Watch]:
    watching = Watch()
    yield watching
    assert watching.complaints == []


@pytest.fixture(scope="module")
def desktop(browser: Browser) -> Iterator[BrowserContext]:
    """What the tabs of one browser share, such as cached pictures; what the page stores, it stores for its tab."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(desktop: BrowserContext, address: str, watch: Watch) -> Iterator[Page]:
    """The start of the page on a desktop, its first handful shown, in a tab of its own."""
    opened = watch.attach(desktop.new_page())
    opened.goto(address)
    opened.locator(".card").first.wait_for()
    yield opened
    opened.close()
    desktop.set_offline(False)
