"""Narrowing what is shown, and letting go again."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import choose_value, filter_button, wait_for_results

pytestmark = pytest.mark.browser


def lines(page: Page) -> set[str]:
    return set(page.locator("#grid .card-line").all_inner_texts())


def test_columns_that_name_each_item_are_no_filters(page: Page) -> None:
    buttons = page.get_by_role("group", name="Filters").get_by_role("button")
    assert buttons.all_inner_texts() == ["Article type", "Base colour", "Price"]


def test_many_columns_show_the_first_and_the_rest_on_request(page: Page) -> None:
    columns = {f"column{place}": {"kind": "text", "values": {"a": 5, "b": 3}} for place in range(12)}
    page.route("**/attributes", lambda route: route.fulfill(json={"attributes": columns}))
    page.reload()
    buttons = page.get_by_role("group", name="Filters").get_by_role("button")
    expect(buttons).to_have_count(8)
    buttons.filter(has_text="More filters").click()
    expect(buttons).to_have_count(12)
    expect(buttons.nth(7)).to_be_focused()


def test_a_value_narrows_the_handful(page: Page) -> None:
    choose_value(page, "Base colour", "Navy Blue")
    expect(page.locator("#results-count")).to_contain_text("16 of 16 items with these filters")
    assert {line.split(" · ")[1] for line in lines(page)} == {"Navy Blue"}
    assert parse_qs(urlsplit(page.url).query) == {"filter": ["baseColour:Navy Blue"]}


def test_values_of_a_column_add_up_and_columns_narrow(page: Page) -> None:
    choose_value(page, "Base colour", "Red")
    choose_value(page, "Base colour", "Green")
    # The value holds a comma: it must arrive as one value.
    choose_value(page, "Article type", "Bag, small")
    expect(page.locator("#results-count")).to_contain_text("8 of 8 items")
    assert lines(page) == {"Bag, small · Red", "Bag, small · Green"}
    page.get_by_role("button", name="Remove filter Base colour: Red").click()
    expect(page.locator("#results-count")).to_contain_text("4 of 4 items")
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator("#results-count")).to_contain_text("24 of 64 items")
    expect(page.locator("#chips")).to_be_hidden()
    page.go_back()
    expect(page.locator("#results-count")).to_contain_text("4 of 4 items")


def test_filters_stay_on_the_way_to_look_alikes(page: Page) -> None:
    choose_value(page, "Article type", "Skirt")
    expect(page.locator("#results-count")).to_contain_text("16 of 16")
    page.locator("#grid .card").first.click()
    wait_for_results(page)
    expect(page.locator("#grid .card")).to_have_count(15)
    assert {line.split(" · ")[0] for line in lines(page)} == {"Skirt"}


def test_a_range_of_numbers(page: Page) -> None:
    filter_button(page, "Price").click()
    panel = page.get_by_role("dialog", name="Filter by Price")
    low, high = panel.get_by_label("From"), panel.get_by_label("To")
    low.fill("30")
    high.fill("20")
    panel.get_by_role("button", name="Apply").click()
    expect(panel.get_by_role("status")).to_have_text("“From” must not be more than “To”.")
    low.fill("15")
    high.press("Enter")
    expect(page.locator("#results-count")).to_contain_text("6 of 6 items")
    expect(page.get_by_role("button", name="Remove filter Price: 15 to 20")).to_be_visible()


def test_nothing_fits_and_the_way_out(page: Page, address: str) -> None:
    page.goto(f"{address}?filter={quote('baseColour:Red')}&filter={quote('price:14..14')}")
    notice = page.locator("#notice")
    expect(notice).to_contain_text("Nothing matches these filters")
    expect(page.locator("#grid .card")).to_have_count(0)
    notice.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("#grid .card")).to_have_count(24)
    expect(notice).to_be_hidden()
