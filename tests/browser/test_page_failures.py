"""What people read when something fails, and how they get on from there."""

import re

import pytest
from playwright.sync_api import Page, expect

from api.http.problems import ServiceProblem
from tests.browser.conftest import Watch
from tests.browser.reading import card_ids, wait_for_results
from tests.browser.shop import COLOURS, DrawnEmbedder, draw_picture
from tests.browser.test_page_photos import photo_file

pytestmark = pytest.mark.browser

PHOTO = draw_picture("Tee", COLOURS["Navy Blue"], 0)


@pytest.fixture(autouse=True)
def _refusals_are_expected(watch: Watch) -> None:
    watch.refusals_expected = True


def test_each_bad_photo_gets_the_servers_sentence_and_a_good_one_still_works(page: Page) -> None:
    bad = {
        "text.jpg": (b"no picture at all", "This kind of file is not supported"),
        "IMG_1.HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "iPhones save photos as HEIC."),
        "cut.jpg": (PHOTO[: len(PHOTO) // 2], "This photo cannot be read"),
        "empty.jpg": (b"", "This photo cannot be read"),
        "tiny.jpg": (draw_picture("Tee", COLOURS["Red"], 0, size=(4, 4)), "This is too small to search with"),
    }
    notice = page.locator("#notice")
    for name, (data, words) in bad.items():
        with page.expect_response("**/similar?*") as answering:
            page.locator("#file").set_input_files(photo_file(data, name))
        expect(notice).to_contain_text(words)
        expect(notice).to_contain_text(answering.value.json()["detail"])
        expect(notice).to_contain_text(f"Request {answering.value.headers['x-request-id']}")
        expect(page.get_by_role("alert")).to_contain_text(answering.value.json()["detail"])
        expect(page.locator("#grid li")).to_have_count(0)
    with page.expect_file_chooser() as choosing:
        notice.get_by_role("button", name="Choose another photo").click()
    choosing.value.set_files(photo_file(PHOTO))
    wait_for_results(page)
    expect(notice).to_be_hidden()


def test_a_full_queue_says_when_to_try_again(page: Page, embedder: DrawnEmbedder) -> None:
    embedder.problem = ServiceProblem("queue_full", "64 pictures are waiting", retry_after_s=2)
    page.locator("#file").set_input_files(photo_file(PHOTO))
    notice = page.locator("#notice")
    expect(notice).to_contain_text("Many photos are waiting right now")
    expect(notice).to_contain_text("64 pictures are waiting.")
    again = notice.get_by_role("button", name="Try again")
    expect(again).to_be_disabled()
    expect(again).to_have_text(re.compile(r"Try again in [12] s"))
    expect(again).to_be_enabled()
    again.click()
    wait_for_results(page)
    expect(notice).to_be_hidden()


def test_without_a_connection_and_with_it_again(page: Page) -> None:
    page.context.set_offline(True)
    page.locator("#grid .card").first.click()
    notice = page.locator("#notice")
    expect(notice).to_contain_text("The search cannot be reached")
    page.context.set_offline(False)
    notice.get_by_role("button", name="Try again").click()
    wait_for_results(page)


def test_show_more_that_fails_keeps_what_is_there(page: Page) -> None:
    page.locator("#grid .card").first.click()
    wait_for_results(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#notice")).to_contain_text("The search cannot be reached")
    assert len(card_ids(page)) == 24
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#grid .card")).to_have_count(48)


def test_an_unknown_item_leads_back_to_the_start(page: Page, address: str) -> None:
    page.goto(f"{address}?item=gone/away")
    notice = page.locator("#notice")
    expect(notice).to_contain_text("This item is not in the catalogue")
    notice.get_by_role("button", name="Back to the start").click()
    expect(page.locator("#grid .card")).to_have_count(24)


def test_an_unknown_filter_can_be_cleared(page: Page, address: str) -> None:
    page.goto(f"{address}?filter=sleeve:long")
    notice = page.locator("#notice")
    expect(notice).to_contain_text("This search was not understood")
    expect(page.get_by_role("button", name="Remove filter Sleeve: long")).to_be_visible()
    notice.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("#grid .card")).to_have_count(24)
