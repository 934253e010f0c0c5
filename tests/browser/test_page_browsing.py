"""From a random handful to look-alikes, and back."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from index.bundle import Bundle
from tests.browser.conftest import Watch
from tests.browser.reading import card_ids, scores, wait_for_results
from tests.browser.shop import DrawnEmbedder, serve

pytestmark = pytest.mark.browser


def test_start_shows_a_handful_with_pictures(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Find what looks like it.")
    assert len(set(card_ids(page))) == 24
    expect(page.locator("#results-count")).to_have_text("24 of 64 items, picked at random")
    first = page.locator("#grid img").first
    expect(first).to_have_class("here")
    # The thumbnail of a picture of 90 x 120, which is not enlarged endlessly.
    assert re.fullmatch(r".*/image\?width=(160|320)", first.evaluate("image => image.currentSrc"))
    assert first.evaluate("image => parseFloat(image.style.maxWidth.split(',')[1]) / 2.25") == pytest.approx(90, abs=2)
    assert re.fullmatch(r"[\w ,]+ no\. \d+, [\w, ]+ · [\w ]+", first.get_attribute("alt") or "")


def test_refresh_shows_others(page: Page) -> None:
    before = card_ids(page)
    page.get_by_role("button", name="Show others").click()
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")
    assert card_ids(page) != before


def test_click_leads_to_look_alikes_without_the_item_itself(page: Page) -> None:
    chosen = card_ids(page)[3]
    title = page.locator("#grid .card-title").nth(3).inner_text()
    page.locator("#grid .card").nth(3).click()
    wait_for_results(page)
    assert parse_qs(urlsplit(page.url).query) == {"item": [chosen]}
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page).to_have_title(f"Like {title} · Lookalike")
    found = scores(page)
    assert len(found) == 24
    assert found == sorted(found, reverse=True)
    assert 0.8 < found[0] <= 1.0
    assert chosen not in card_ids(page)
    expect(page.get_by_role("status").filter(has_text="look-alikes")).to_have_text(f"24 look-alikes of {title}")
    expect(page.get_by_role("heading", name="Look-alikes")).to_be_focused()


def test_cards_show_prices_as_in_the_source(page: Page, address: str) -> None:
    page.goto(f"{address}?item={quote('new arrivals/59')}")
    wait_for_results(page)
    cards = page.locator("#grid .card")
    for place in range(5):
        number = int((cards.nth(place).get_attribute("data-id") or "").rpartition("/")[2])
        expect(cards.nth(place).locator(".card-price")).to_have_text(f"{10 + number}.00 EUR")
        expect(cards.nth(place)).to_have_accessible_name(re.compile(rf" {10 + number}\.00 EUR "))
        expect(cards.nth(place).locator(".card-line")).not_to_contain_text("EUR")
    page.goto(f"{address}?filter={quote('code:C-0060')}")
    expect(cards).to_have_count(1)
    expect(page.locator(".card-price")).to_have_count(0)


def test_the_list_ends_where_resemblance_ends(browser: Browser, bundle: Bundle, watch: Watch) -> None:
    tees = quote("articleType:Tee")
    with serve(replace(bundle, resemblance_from=0.9), DrawnEmbedder()) as address:
        page = watch.attach(browser.new_page())
        page.goto(f"{address}?item={quote('new arrivals/0')}")
        wait_for_results(page)
        shown = len(card_ids(page))
        assert 0 < shown < 24
        expect(page.locator("#results-count")).to_have_text(f"{shown} of {shown} items, most similar first")
        expect(page.get_by_role("button", name="Show more")).to_be_hidden()
        page.goto(f"{address}?item={quote('new arrivals/2')}&filter={tees}")
        expect(page.locator("#notice-title")).to_have_text("Nothing with these filters looks like it")
        page.get_by_role("button", name="Show the nearest").click()
        wait_for_results(page)
        expect(page.locator("#results-count")).to_contain_text("16 items with these filters")
        page.close()


def test_a_result_leads_on_and_back_leads_back(page: Page) -> None:
    start = card_ids(page)
    page.locator("#grid .card").nth(20).scroll_into_view_if_needed()
    where = page.evaluate("scrollY")
    assert where > 0
    page.locator("#grid .card").nth(20).click()
    wait_for_results(page)
    first_results = card_ids(page)
    assert page.evaluate("scrollY") == 0
    page.locator("#grid .card").nth(1).click()
    expect(page.locator("#query-title")).to_contain_text(f"no. {first_results[1].split('/')[1]}")
    wait_for_results(page)
    page.go_back()
    expect(page.locator("#query-title")).to_contain_text(f"no. {start[20].split('/')[1]}")
    assert card_ids(page) == first_results
    page.go_back()
    expect(page.locator("#hero")).to_be_visible()
    assert card_ids(page) == start
    assert page.evaluate("scrollY") == pytest.approx(where, abs=2)
    expect(page.locator("#grid .card").nth(20)).to_be_focused()
    page.go_forward()
    wait_for_results(page)
    assert card_ids(page) == first_results


def test_an_address_can_be_shared(page: Page, browser: Browser, watch: Watch) -> None:
    page.locator("#grid .card").first.click()
    wait_for_results(page)
    title, results = page.locator("#query-title").inner_text(), card_ids(page)
    elsewhere = watch.attach(browser.new_page())
    elsewhere.goto(page.url)
    wait_for_results(elsewhere)
    expect(elsewhere.locator("#query-title")).to_have_text(title)
    assert card_ids(elsewhere) == results
    elsewhere.close()


def test_show_more_adds_the_next_and_ends(page: Page) -> None:
    page.locator("#grid .card").first.click()
    wait_for_results(page)
    more = page.get_by_role("button", name="Show more")
    more.click()
    expect(page.locator("#grid .card")).to_have_count(48)
    expect(page.locator("#grid .card").nth(24)).to_be_focused()
    more.click()
    expect(page.locator("#grid .card")).to_have_count(63)
    expect(more).to_be_hidden()
    assert len(set(card_ids(page))) == 63
    assert scores(page) == sorted(scores(page), reverse=True)


def test_the_last_click_wins(page: Page) -> None:
    held: list[Route] = []
    page.route("**/similar?*", lambda route: held.append(route) if not held else route.continue_())
    title = page.locator("#grid .card-title").nth(1).inner_text()
    second = card_ids(page)[1]
    page.locator("#grid .card").nth(0).click()
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#grid .skeleton")).to_have_count(24)
    page.go_back()
    page.locator("#grid .card").nth(1).click()
    wait_for_results(page)
    results = card_ids(page)
    assert second not in results
    held[0].abort()
    expect(page.locator("#query-title")).to_have_text(title)
    expect(page.locator("#notice")).to_be_hidden()
    assert card_ids(page) == results
