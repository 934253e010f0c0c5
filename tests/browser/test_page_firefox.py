"""The page in Firefox, which passes on a picture that is dragged from another tab as an address only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.firefox import FIREFOX, Firefox, running
from tests.browser.shop import COLOURS, draw_picture
from tests.browser.test_page_photos import DROP_ADDRESS

pytestmark = pytest.mark.browser

SETTLED = "document.querySelector('#grid .card') && !document.querySelector('#results').hasAttribute('aria-busy')"
# Errors in scripts are noted by the page's own window.
HEAR = "window.complaints = []; addEventListener('error', (event) => window.complaints.push(event.message));"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    if FIREFOX is None:
        pytest.skip("no Firefox is installed; on Debian: apt-get install firefox-esr")
    with running(tmp_path_factory.mktemp("firefox")) as opened:
        yield opened


@pytest.fixture
def page(firefox: Firefox, address: str) -> Iterator[Firefox]:
    firefox.go(address)
    firefox.run(HEAR)
    firefox.wait_for(SETTLED)
    yield firefox
    assert firefox.run("return window.complaints;") == []


@pytest.mark.parametrize("width", [1440, 500])
def test_the_start_is_drawn_and_leads_to_look_alikes(page: Firefox, width: int) -> None:
    page.resize(width, 900)
    page.wait_for("document.querySelector('#grid img.here')")
    assert page.run("return document.querySelectorAll('#grid .card').length;") == 24
    assert page.run("return document.documentElement.scrollWidth <= innerWidth;")
    page.run("document.querySelector('#grid .card').click();")
    page.wait_for(f"document.querySelector('#query-title').textContent && {SETTLED}")
    assert page.run("return location.search;").startswith("?item=")
    assert page.run("return document.querySelectorAll('#grid .score').length;") == 24


def test_a_chosen_photo_is_searched(page: Firefox, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(draw_picture("Tee", COLOURS["Navy Blue"], 0, size=(360, 480)))
    page.choose_file("#file", photo)
    page.wait_for(f"location.search.startsWith('?token=') && {SETTLED}")
    assert "Navy Blue Tee" in page.run("return document.querySelector('#grid .card-title').textContent;")


def test_the_address_of_a_picture_that_is_dropped_does_not_replace_the_page(page: Firefox) -> None:
    left_to_the_browser = page.run(f"return ({DROP_ADDRESS})(arguments);", "body", "https://shop.example/shirt.jpg")
    assert left_to_the_browser == [True, False, False]
    page.wait_for("!document.querySelector('#notice').hidden")
    assert "paste it here" in page.run("return document.querySelector('#notice').textContent;")
    assert page.run("return document.querySelector('#dropping').hidden;")
