"""A search by photo goes on after the photo is gone: its token stands for it, in the page's URL."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from api.items.photo_query import PhotoQuery
from api.items.query_token import token_of
from api.items.rounded_embedding import RoundedEmbedding
from tests.browser.conftest import Watch
from tests.browser.reading import card_ids, choose_value, wait_for_results
from tests.browser.shop import DrawnEmbedder
from tests.browser.test_page_photos import photo_file

pytestmark = pytest.mark.browser


def token_in(page: Page) -> str:
    [token] = parse_qs(urlsplit(page.url).query)["token"]
    return token


def token_of_another_model() -> str:
    ones = RoundedEmbedding.of(np.ones(512, np.float32))
    return str(token_of(PhotoQuery(ones, 60, 80, None, None), model_version="older-000000000000"))


def search_by_photo(page: Page) -> None:
    page.locator("#file").set_input_files(photo_file())
    wait_for_results(page)
    expect(page).to_have_url(re.compile(r"\?token="))


def test_a_photo_is_sent_once(page: Page, embedder: DrawnEmbedder) -> None:
    search_by_photo(page)
    expect(page.locator("#query-note")).to_contain_text("Your photo is not kept")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#grid .card")).to_have_count(48)
    choose_value(page, "Article type", "Scarf")
    expect(page.locator("#results-count")).to_contain_text("16 of 16")
    assert len(embedder.pictures) == 1
    token = token_in(page)
    page.get_by_role("button", name="Search only part of it").click()
    page.get_by_role("slider", name="Left").press("ArrowRight")
    expect(page).not_to_have_url(re.compile(re.escape(token)))
    wait_for_results(page)
    # The part has a token of its own, and the filter stays.
    assert token_in(page) != token
    assert len(embedder.pictures) == 2
    expect(page.locator("#results-count")).to_contain_text("16 of 16")


def test_loading_again_and_a_shared_link_show_the_same(
    page: Page, browser: Browser, watch: Watch, embedder: DrawnEmbedder
) -> None:
    search_by_photo(page)
    before = card_ids(page)
    page.reload()
    wait_for_results(page)
    assert card_ids(page) == before
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("A photo")
    expect(page.locator("#query-note")).to_contain_text("The photo itself was not kept")
    expect(page.locator("#stage-missing")).to_have_text("The photo is not here any more")
    expect(page.locator("#query-image")).to_be_hidden()
    expect(page.get_by_role("button", name="Search only part of it")).to_be_hidden()
    expect(page.locator("#live")).to_have_text("24 look-alikes of a photo")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#grid .card")).to_have_count(48)
    choose_value(page, "Article type", "Scarf")
    expect(page.locator("#results-count")).to_contain_text("16 of 16")
    filtered = card_ids(page)
    page.locator("#grid .card").first.click()
    expect(page.locator("#query-title")).to_contain_text("Scarf")
    expect(page.locator("#query-note")).to_be_hidden()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("A photo")
    assert card_ids(page) == filtered
    other = browser.new_context(viewport={"width": 390, "height": 844})
    shared = watch.attach(other.new_page())
    shared.goto(page.url)
    wait_for_results(shared)
    assert card_ids(shared) == filtered
    assert shared.evaluate("document.documentElement.scrollWidth") <= 390
    other.close()
    assert len(embedder.pictures) == 1


def test_going_back_finds_the_photo_while_the_page_has_it(page: Page) -> None:
    search_by_photo(page)
    page.locator("#grid .card").first.click()
    expect(page).to_have_url(re.compile(r"\?item="))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your photo")
    expect(page.get_by_role("img", name="The photo you are searching with")).to_have_class("here")


def test_a_link_of_an_older_network_says_what_to_do(page: Page, address: str, watch: Watch) -> None:
    watch.refusals_expected = True
    page.goto(f"{address}?token={token_of_another_model()}")
    notice = page.locator("#notice")
    expect(notice).to_contain_text("This link is too old")
    expect(notice).not_to_contain_text("POST")
    with page.expect_file_chooser() as choosing:
        notice.get_by_role("button", name="Choose the photo").click()
    choosing.value.set_files(photo_file())
    wait_for_results(page)
    expect(notice).to_be_hidden()


def test_a_photo_that_is_here_is_sent_again_to_a_newer_network(
    page: Page, watch: Watch, embedder: DrawnEmbedder
) -> None:
    watch.refusals_expected = True
    search_by_photo(page)
    token, before = token_in(page), card_ids(page)
    old = token_of_another_model()
    # As if the network had changed since: the entry has the photo, and a token of before.
    page.evaluate(
        """token => {
          history.pushState({ ...history.state, key: 'other' }, '', `./?token=${token}`);
          dispatchEvent(new PopStateEvent('popstate'));
        }""",
        old,
    )
    expect(page).to_have_url(re.compile(re.escape(token)))
    wait_for_results(page)
    assert card_ids(page) == before
    assert len(embedder.pictures) == 2


def test_a_link_that_was_cut_says_so(page: Page, address: str, watch: Watch) -> None:
    watch.refusals_expected = True
    search_by_photo(page)
    token = token_in(page)
    page.goto(f"{address}?token={token[:900]}")
    expect(page.locator("#notice")).to_contain_text("This link is not complete")
    page.get_by_role("button", name="Back to the start").click()
    expect(page.locator("#grid .card")).to_have_count(24)
    # What a filter has to do with it, only the server knows.
    page.goto(f"{address}?token={token[:900]}&filter=articleType:Tee")
    expect(page.locator("#notice")).to_contain_text("'token' is not `query.token`")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("#notice")).to_contain_text("This link is not complete")
