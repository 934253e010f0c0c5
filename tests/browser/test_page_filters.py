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
    assert buttons.all_inner_texts() == ["Article type", "Base colour", "Price", "Tags"]


def test_many_columns_show_the_first_and_the_rest_on_request(page: Page) -> None:
    columns = {
        f"column{place}": {
            "kind": "text",
            "distinct": 2,
            "missing": 0,
            "values": {"a": 5, "b": 3},
            "min": None,
            "max": None,
        }
        for place in range(12)
    }
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


def test_a_slider_sets_the_ends_of_a_range(page: Page) -> None:
    filter_button(page, "Price").click()
    panel = page.get_by_role("dialog", name="Filter by Price")
    lowest, highest = panel.get_by_label("Lowest Price"), panel.get_by_label("Highest Price")
    assert [lowest.get_attribute("aria-valuetext"), highest.get_attribute("aria-valuetext")] == ["10", "73"]
    for _ in range(5):
        lowest.press("ArrowRight")
    for _ in range(3):
        highest.press("ArrowLeft")
    expect(panel.get_by_label("From")).to_have_value("15")
    expect(panel.get_by_label("To")).to_have_value("70")
    # An end never passes the other one, and at the edge it is open.
    highest.press("Home")
    expect(panel.get_by_label("To")).to_have_value("15")
    highest.press("End")
    expect(panel.get_by_label("To")).to_have_value("")
    panel.get_by_label("To").fill("20")
    expect(highest).to_have_attribute("aria-valuetext", "20")
    panel.get_by_role("button", name="Apply").click()
    expect(page.locator("#results-count")).to_contain_text("6 of 6 items")
    assert parse_qs(urlsplit(page.url).query) == {"filter": ["price:15..20"]}


def test_an_end_of_the_slider_is_dragged(page: Page) -> None:
    filter_button(page, "Price").click()
    panel = page.get_by_role("dialog", name="Filter by Price")
    track = panel.locator(".slider").bounding_box()
    assert track is not None
    middle = track["y"] + track["height"] / 2
    for start, end in ((track["x"] + 12, 0.5), (track["x"] + track["width"] - 12, 0.75)):
        page.mouse.move(start, middle)
        page.mouse.down()
        page.mouse.move(track["x"] + end * track["width"], middle, steps=4)
        page.mouse.up()
    low, high = (int(panel.get_by_label(name).input_value()) for name in ("From", "To"))
    assert abs(low - 41) <= 2
    assert abs(high - 57) <= 3


def test_a_member_of_a_list_is_found_beyond_the_most_frequent_ones(page: Page) -> None:
    filter_button(page, "Tags").click()
    panel = page.get_by_role("dialog", name="Filter by Tags")
    expect(panel.get_by_role("checkbox")).to_have_count(100)
    expect(panel.get_by_role("status")).to_have_text("30 more: type to find them")
    find = panel.get_by_label("Find in Tags")
    find.fill("nothing")
    expect(panel.get_by_role("status")).to_have_text("No value begins with “nothing”")
    find.fill("SET 6")
    expect(panel.get_by_role("checkbox")).to_have_count(5)
    panel.get_by_role("checkbox", name="set 63").check()
    expect(page.locator("#results-count")).to_contain_text("1 of 1 item")
    panel.get_by_role("button", name="Done").click()
    filter_button(page, "Tags").click()
    expect(panel.get_by_role("checkbox").first).to_be_checked()
    find.fill("Summer")
    panel.get_by_role("checkbox", name="Summer").check()
    expect(page.locator("#results-count")).to_contain_text("24 of 32 items")


def test_nothing_fits_and_the_way_out(page: Page, address: str) -> None:
    page.goto(f"{address}?filter={quote('baseColour:Red')}&filter={quote('price:14..14')}")
    notice = page.locator("#notice")
    expect(notice).to_contain_text("Nothing matches these filters")
    expect(page.locator("#grid .card")).to_have_count(0)
    notice.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("#grid .card")).to_have_count(24)
    expect(notice).to_be_hidden()
