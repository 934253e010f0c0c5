"""Garments that were found in a photo, as buttons on it."""

import io
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from contracts.box import Box
from contracts.garments import Garment
from tests.browser.conftest import Watch
from tests.browser.reading import choose_value, wait_for_results
from tests.browser.shop import COLOURS, DrawnEmbedder, draw_picture
from tests.browser.test_page_access import assert_accessible
from tests.browser.test_page_photos import photo_file

pytestmark = pytest.mark.browser

TEE = Garment("t-shirt", Box(0.0, 0.0, 0.5, 1.0), 0.91)
SKIRT = Garment("skirt", Box(0.5, 0.0, 1.0, 1.0), 0.84)
# Small ones close to each other, some inside another, and a long name.
CROWD = (
    TEE,
    SKIRT,
    Garment("long_sleeved_top", Box(0.02, 0.02, 0.48, 0.4), 0.8),
    Garment("shoes", Box(0.1, 0.9, 0.16, 0.96), 0.7),
    Garment("shoes", Box(0.2, 0.9, 0.26, 0.96), 0.6),
    Garment("bag", Box(0.4, 0.5, 0.47, 0.56), 0.5),
    Garment("hat", Box(0.2, 0.02, 0.32, 0.08), 0.45),
    Garment("sunglasses", Box(0.93, 0.95, 1.0, 1.0), 0.4),
)


def two_garments() -> bytes:
    """A photo with a navy tee on its left and a red skirt on its right."""
    image = Image.new("RGB", (480, 320), "white")
    for left, shape, colour in ((0, "Tee", "Navy Blue"), (240, "Skirt", "Red")):
        image.paste(Image.open(io.BytesIO(draw_picture(shape, COLOURS[colour], 0, size=(240, 320)))), (left, 0))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


PHOTO = two_garments()


@pytest.fixture(autouse=True)
def _found(embedder: DrawnEmbedder) -> Iterator[None]:
    embedder.objects = (TEE, SKIRT)
    yield
    embedder.objects = None


def choose_photo(page: Page) -> dict[str, Any]:
    with page.expect_response("**/similar?*") as answering:
        page.locator("#file").set_input_files(photo_file(PHOTO, "photo.png", "image/png"))
    wait_for_results(page)
    answer: dict[str, Any] = answering.value.json()
    return answer


def query_after(page: Page, click: str) -> dict[str, Any]:
    with page.expect_response("**/similar?*") as answering:
        page.get_by_role("button", name=click, exact=True).click()
    wait_for_results(page)
    query: dict[str, Any] = answering.value.json()["query"]
    return query


def pressed(page: Page) -> list[str]:
    return page.locator("#query [aria-pressed=true]").all_inner_texts()


def test_a_garment_is_searched_and_another_can_be_chosen(page: Page, embedder: DrawnEmbedder) -> None:
    assert choose_photo(page)["query"]["box"] == [0.0, 0.0, 0.5, 1.0]
    garments = page.get_by_role("group", name="Garments in the photo").get_by_role("button")
    expect(garments).to_have_text(["T-shirt", "Skirt"])
    assert pressed(page) == ["T-shirt"]
    expect(page.locator("#grid .card-title").first).to_contain_text("Navy Blue Tee")
    expect(page.locator("#live")).to_have_text("24 look-alikes of the t-shirt in your photo")
    assert query_after(page, "Skirt")["box"] == [0.5, 0.0, 1.0, 1.0]
    assert pressed(page) == ["Skirt"]
    expect(page.locator("#grid .card-title").first).to_contain_text("Red Skirt")
    expect(page.locator("#box-tools")).to_be_hidden()
    assert query_after(page, "Whole photo")["box"] is None
    assert pressed(page) == ["Whole photo"]
    # Each is the same entry of the history, like a box that is drawn.
    page.go_back()
    expect(page.locator("#hero")).to_be_visible()
    expect(garments).to_have_count(0)
    page.go_forward()
    wait_for_results(page)
    assert pressed(page) == ["Whole photo"]
    # Garments are looked for once.
    assert embedder.detects == [True, False, False]


def test_the_keyboard_reaches_garments_and_filters_keep_them(page: Page, embedder: DrawnEmbedder) -> None:
    choose_photo(page)
    page.locator(".skip").focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Skirt":
            break
    with page.expect_response("**/similar?*"):
        page.keyboard.press("Enter")
    wait_for_results(page)
    assert pressed(page) == ["Skirt"]
    expect(page.get_by_role("button", name="Skirt", exact=True)).to_be_focused()
    with page.expect_response("**/similar?*"):
        choose_value(page, "Base colour", "Green")
    wait_for_results(page)
    assert pressed(page) == ["Skirt"]
    assert embedder.boxes[-1] == SKIRT.box


def test_an_answer_leaves_the_box_that_the_user_draws_meanwhile(page: Page) -> None:
    held: list[Route] = []
    page.route("**/similar?*", lambda route: held.append(route))
    with page.expect_request("**/similar?*"):
        page.locator("#file").set_input_files(photo_file(PHOTO, "photo.png", "image/png"))
    page.get_by_role("button", name="Search only part of it").click()
    right = page.get_by_role("slider", name="Right")
    # The thumb is moved, and not let go yet.
    right.evaluate("slider => { slider.value = 80; slider.dispatchEvent(new Event('input')); }")
    held[0].continue_()
    wait_for_results(page)
    assert right.input_value() == "80"
    page.unroute("**/similar?*")
    with page.expect_response("**/similar?*") as answering:
        right.dispatch_event("change")
    assert answering.value.json()["query"]["box"] == pytest.approx([0, 0, 0.8, 1])


def test_a_box_is_drawn_from_the_garment_that_is_searched(page: Page, embedder: DrawnEmbedder) -> None:
    choose_photo(page)
    page.get_by_role("button", name="Search only part of it").click()
    expect(page.locator("#garments")).to_be_hidden()
    expect(page.locator("#whole")).to_be_hidden()
    right = page.get_by_role("slider", name="Right")
    assert right.input_value() == "50"
    with page.expect_response("**/similar?*") as answering:
        right.press("ArrowRight")
    wait_for_results(page)
    assert answering.value.json()["query"]["box"] == pytest.approx([0, 0, 0.51, 1])
    expect(page.locator("#live")).to_have_text("24 look-alikes of part of your photo")
    assert query_after(page, "Use the whole photo")["box"] is None
    assert pressed(page) == ["Whole photo"]
    assert embedder.detects == [True, False, False]


@pytest.mark.parametrize("objects", [None, ()])
def test_without_garments_nothing_is_shown_of_them(
    page: Page, embedder: DrawnEmbedder, objects: tuple[Garment, ...] | None
) -> None:
    embedder.objects = objects
    assert choose_photo(page)["query"]["objects"] == (None if objects is None else [])
    expect(page.locator("#garments")).to_be_hidden()
    expect(page.locator("#whole")).to_be_hidden()
    expect(page.locator("#live")).to_have_text("24 look-alikes of your photo")


@pytest.mark.parametrize("width", [390, 1440])
def test_labels_of_many_garments_cover_no_other(
    browser: Browser, address: str, watch: Watch, embedder: DrawnEmbedder, width: int
) -> None:
    embedder.objects = CROWD
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = watch.attach(context.new_page())
    page.goto(address)
    choose_photo(page)
    labels = page.locator(".garment-label")
    expect(labels).to_have_count(8)
    stage = page.locator("#stage").bounding_box()
    assert stage is not None
    places = [label.bounding_box() for label in labels.all()]
    for place in places:
        assert place is not None
        assert place["x"] >= stage["x"] - 0.5
        assert place["x"] + place["width"] <= stage["x"] + stage["width"] + 0.5
        assert place["y"] + place["height"] <= stage["y"] + stage["height"] + 0.5
    for one, other in combinations(places, 2):
        assert one is not None
        assert other is not None
        apart = one["x"] + one["width"] <= other["x"] + 0.5 or other["x"] + other["width"] <= one["x"] + 0.5
        above = one["y"] + one["height"] <= other["y"] + 0.5 or other["y"] + other["height"] <= one["y"] + 0.5
        assert apart or above
    # Each can be reached, also one inside another.
    for name in ("Hat", "Long sleeved top", "T-shirt"):
        query_after(page, name)
        assert pressed(page) == [name]
    expect(page.locator("#grid")).not_to_have_class(re.compile("waiting"))
    assert_accessible(page)
    context.close()
