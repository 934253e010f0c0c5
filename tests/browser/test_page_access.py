"""For everybody: keyboards, screen readers, phones, keys, and shops that serve it from a folder."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from index.bundle import Bundle
from tests.browser.conftest import Watch
from tests.browser.reading import choose_value, filter_button, wait_for_results
from tests.browser.shop import COLOURS, DrawnEmbedder, draw_picture, serve
from tests.browser.test_page_photos import photo_file

pytestmark = pytest.mark.browser

PHOTO = draw_picture("Tee", COLOURS["Navy Blue"], 0)


def assert_accessible(page: Page) -> None:
    # A card that is still fading in has less contrast than it will have.
    page.evaluate(
        "Promise.all(document.getAnimations().filter(a => a.effect.getTiming().iterations === 1).map(a => a.finished))"
    )
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, scheme: str, watch: Watch) -> None:
    watch.refusals_expected = True
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert_accessible(page)
    choose_value(page, "Base colour", "Red")
    filter_button(page, "Base colour").click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    filter_button(page, "Price").click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.locator("#grid .card").first.click()
    wait_for_results(page)
    assert_accessible(page)
    page.locator("#file").set_input_files(photo_file(PHOTO))
    expect(page.locator("#query-title")).to_have_text("Your photo")
    wait_for_results(page)
    page.get_by_role("button", name="Search only part of it").click()
    assert_accessible(page)
    page.locator("#file").set_input_files(photo_file(b"no picture"))
    expect(page.locator("#notice")).to_be_visible()
    assert_accessible(page)


def test_keyboard_alone_reaches_results(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the pictures")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="From the catalogue")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show others")).to_be_focused()
    page.keyboard.press("Tab")
    first = page.locator("#grid .card").first
    expect(first).to_be_focused()
    assert first.evaluate("card => getComputedStyle(card).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    wait_for_results(page)
    expect(page.get_by_role("heading", name="Look-alikes")).to_be_focused()
    page.keyboard.press("Tab")
    first = page.locator("#grid .card").first
    expect(first).to_be_focused()
    expect(first).to_have_accessible_name(re.compile(r".+ no\. \d+ .+ similarity [01]\.\d\d"))
    page.go_back()
    expect(page.locator("#hero")).to_be_visible()
    expect(page.locator("#grid .card").first).to_be_focused()


def test_keyboard_alone_sets_a_filter(page: Page) -> None:
    filter_button(page, "Article type").focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Filter by Article type")
    expect(panel).to_be_visible()
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(panel.get_by_role("checkbox").first).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#results-count")).to_contain_text("16 of 16")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(filter_button(page, "Article type")).to_be_focused()


def test_landmarks_and_headings(page: Page) -> None:
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    page.locator("#grid .card").first.click()
    wait_for_results(page)
    assert page.get_by_role("heading", level=1).count() == 1
    expect(page.get_by_role("region", name="Look-alikes")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_two_columns_and_nothing_wider_than_itself(
    browser: Browser, address: str, watch: Watch, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, is_mobile=True, has_touch=True)
    phone = watch.attach(context.new_page())
    phone.goto(address)
    phone.locator("#grid .card").first.wait_for()
    expect(phone.get_by_role("button", name="Take a photo")).to_be_visible()
    expect(phone.locator("#camera")).to_have_attribute("capture", "environment")

    def assert_fits() -> None:
        assert phone.evaluate("document.documentElement.scrollWidth") == width
        lefts = phone.locator("#grid > li").evaluate_all(
            "all => all.map(one => Math.round(one.getBoundingClientRect().left))"
        )
        assert len(set(lefts)) == 2

    assert_fits()
    phone.locator("#grid .card").first.tap()
    wait_for_results(phone)
    assert_fits()
    choose_value(phone, "Base colour", "Red")
    expect(phone.locator("#results-count")).to_contain_text("of 1")
    assert_fits()
    phone.locator("#file").set_input_files(photo_file(PHOTO))
    expect(phone.locator("#query-title")).to_have_text("Your photo")
    wait_for_results(phone)
    phone.get_by_role("button", name="Search only part of it").tap()
    assert_fits()
    small = phone.locator("button:visible, summary:visible, .card:visible, .facet:visible").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"
    )
    assert small == []
    context.close()


def test_columns_follow_the_width(page: Page) -> None:
    columns = "getComputedStyle(document.querySelector('#grid')).gridTemplateColumns.split(' ').length"
    assert page.evaluate(columns) == 6
    page.set_viewport_size({"width": 820, "height": 900})
    assert page.evaluate(columns) in {3, 4}


@pytest.mark.parametrize("per_minute", [60, 1])
def test_a_shop_with_keys_asks_once_and_shows_pictures(
    browser: Browser, bundle: Bundle, watch: Watch, per_minute: int
) -> None:
    watch.refusals_expected = True
    settings = {"api_keys": "open-sesame-open-sesame", "unauthorized_per_minute": per_minute}
    with serve(bundle, DrawnEmbedder(), **settings) as address:
        page = watch.attach(browser.new_page())
        page.goto(address)
        dialog = page.get_by_role("dialog", name="This search is private")
        dialog.get_by_label("API key").fill("wrong")
        dialog.get_by_label("API key").press("Enter")
        expect(dialog).to_contain_text("This key was not accepted.")
        assert_accessible(page)
        dialog.get_by_label("API key").fill("open-sesame-open-sesame")
        dialog.get_by_role("button", name="Continue").click()
        expect(page.locator("#grid img").first).to_have_class("here")
        assert (page.locator("#grid img").first.get_attribute("src") or "").startswith("blob:")
        expect(page.get_by_role("group", name="Filters").get_by_role("button")).to_have_count(4)
        page.reload()
        page.locator("#grid .card").first.click()
        wait_for_results(page)
        expect(dialog).to_be_hidden()
        page.locator("#file").set_input_files(photo_file(PHOTO))
        expect(page.locator("#query-title")).to_have_text("Your photo")
        wait_for_results(page)
        page.close()


def test_with_a_publishable_key_pictures_load_by_themselves_and_photos_are_searched(
    browser: Browser, bundle: Bundle, watch: Watch
) -> None:
    watch.refusals_expected = True
    secret, publishable = "open-sesame-open-sesame", "pk-sesame-for-the-page"
    keys = {"api_keys": secret, "publishable_keys": f"{publishable}@https://shop.example"}
    with serve(bundle, DrawnEmbedder(), **keys) as address:
        page = watch.attach(browser.new_page())
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        dialog = page.get_by_role("dialog", name="This search is private")
        dialog.get_by_label("API key").fill(publishable)
        dialog.get_by_label("API key").press("Enter")
        picture = page.locator("#grid img").first
        expect(picture).to_have_class("here")
        assert (picture.get_attribute("src") or "").endswith(f"/image?key={publishable}&width=640")
        page.locator("#grid .card").first.click()
        wait_for_results(page)
        page.locator("#file").set_input_files(photo_file(PHOTO))
        expect(page.locator("#query-title")).to_have_text("Your photo")
        wait_for_results(page)
        # Only pictures have it in their address, and no address ever has a secret key.
        assert {url for url in asked if "key=" in url} == {url for url in asked if "/image" in url}
        page.evaluate("sessionStorage.clear()")
        page.goto(address)
        dialog.get_by_label("API key").fill(secret)
        dialog.get_by_label("API key").press("Enter")
        expect(page.locator("#grid img").first).to_have_class("here")
        assert (page.locator("#grid img").first.get_attribute("src") or "").startswith("blob:")
        assert not [url for url in asked if secret in url]
        page.close()


def test_a_key_that_nobody_has_leaves_a_way_on(browser: Browser, bundle: Bundle, watch: Watch) -> None:
    watch.refusals_expected = True
    with serve(bundle, DrawnEmbedder(), api_keys="open-sesame-open-sesame") as address:
        page = watch.attach(browser.new_page())
        page.goto(address)
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        expect(page.locator("#notice")).to_contain_text("This search is private")
        page.locator("#notice").get_by_role("button", name="Try again").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.close()


def test_it_works_below_a_folder_of_the_shop(browser: Browser, bundle: Bundle, watch: Watch) -> None:
    with serve(bundle, DrawnEmbedder(), root_path="/shop/lookalike") as address:
        assert address.endswith("/shop/lookalike/")
        page = watch.attach(browser.new_page())
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        expect(page.locator("#grid img").first).to_have_class("here")
        page.locator("#grid .card").first.click()
        wait_for_results(page)
        page.locator("#file").set_input_files(photo_file(PHOTO))
        expect(page.locator("#query-title")).to_have_text("Your photo")
        wait_for_results(page)
        assert [url for url in asked if not url.startswith((address, "blob:"))] == []
        page.close()
