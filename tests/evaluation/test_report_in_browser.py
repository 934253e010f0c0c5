"""The report as Chromium shows it: on a desk, on a phone, in the dark, without a network."""

from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import evaluate
from evaluation.html_report import render_report
from tests.browser.conftest import Watch, browser
from tests.evaluation.sets import ALL_SPACES, clustered, drawn, settings
from tests.evaluation.test_report import NOW, SOURCES

pytestmark = pytest.mark.browser

__all__ = ["browser"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    shop = clustered(["Tee", "Shirt-with-a-very-long-name-that-has-no-space-in-it-at-all"], 5, noise=3.0, seed=1)
    items = [
        Item(item.id, item.image, {**item.attributes, "title": "W" * 90 if row % 5 else "<script>alert(1)</script>"})
        for row, item in enumerate(shop.items)
    ]
    embeddings = type(shop.embeddings)(items, shop.embeddings.embeddings, shop.embeddings.model, "/catalogue")
    gallery = drawn(folder / "shop", EvaluatedSet(embeddings, shop.digests))
    (folder / "shop" / "3.png").unlink()
    path = folder / "report.html"
    one = evaluate(gallery, gallery, settings(["type"], spaces=ALL_SPACES, exclude_same=()), name="shop")
    other = replace(one, findings=replace(one.findings, name="<b>phone-with-a-long-name-of-40-characters"))
    text = render_report([one, other], gallery, [gallery] * 2, [SOURCES] * 2, NOW)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "light"), (375, "dark")])
def test_it_fits_asks_for_nothing_and_is_accessible(browser: Browser, report: Path, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    watch = Watch()
    page = watch.attach(context.new_page())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: watch.complaints.append(dialog.message))
    page.goto(report.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    broken = page.locator("img").evaluate_all("all => all.filter(one => one.naturalWidth === 0).length")
    assert broken == 0
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(22, 21, 20)" if scheme == "dark" else "rgb(251, 250, 248)")
    # The page forbids scripts from elsewhere, not the test's own.
    violations = Axe().run(page)
    assert violations.violations_count == 0, violations.generate_report()
    context.close()
    assert watch.complaints == []
