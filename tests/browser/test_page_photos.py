"""Searching with a photo: chosen, pasted, dropped, and only part of it."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from pictures.formats import FORMATS, PictureFormat
from tests.browser.reading import choose_value, scores, wait_for_results
from tests.browser.shop import COLOURS, DrawnEmbedder, draw_picture

pytestmark = pytest.mark.browser

PHOTO = draw_picture("Tee", COLOURS["Navy Blue"], 0, size=(360, 480))

HAND_OVER = """([kind, encoded]) => {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], 'photo.jpg', { type: 'image/jpeg' }));
  const options = { bubbles: true, cancelable: true };
  const events = {
    paste: [new ClipboardEvent('paste', { ...options, clipboardData: transfer })],
    drop: ['dragenter', 'dragover', 'drop'].map((type) => new DragEvent(type, { ...options, dataTransfer: transfer })),
  };
  for (const event of events[kind]) document.body.dispatchEvent(event);
}"""


def photo_file(data: bytes = PHOTO, name: str = "photo.jpg", kind: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": data}


def assert_finds_the_navy_tee(page: Page) -> None:
    wait_for_results(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your photo")
    expect(page.locator("#grid .card-title").first).to_contain_text("Navy Blue Tee")
    found = scores(page)
    assert found[0] >= 0.9
    assert found == sorted(found, reverse=True)
    expect(page.get_by_role("img", name="The photo you are searching with")).to_have_class("here")


def test_choosing_a_photo(page: Page) -> None:
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Choose a photo").click()
    assert not choosing.value.is_multiple()
    choosing.value.set_files(photo_file())
    assert_finds_the_navy_tee(page)
    expect(page.locator("#live")).to_have_text("24 look-alikes of your photo")


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_handing_over_a_photo(page: Page, way: str) -> None:
    page.evaluate(HAND_OVER, [way, base64.b64encode(PHOTO).decode()])
    assert_finds_the_navy_tee(page)
    expect(page.locator("#dropping")).to_be_hidden()


def test_filters_and_paging_work_on_a_photo_and_back_brings_it_back(page: Page) -> None:
    page.locator("#file").set_input_files(photo_file())
    assert_finds_the_navy_tee(page)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#grid .card")).to_have_count(48)
    choose_value(page, "Article type", "Scarf")
    expect(page.locator("#results-count")).to_contain_text("16 of 16")
    page.locator("#grid .card").first.click()
    expect(page.locator("#query-title")).to_contain_text("Scarf")
    page.go_back()
    page.go_back()
    assert_finds_the_navy_tee(page)
    expect(page.locator("#grid .card")).to_have_count(48)


def test_going_back_before_look_alikes_are_there_leaves_nothing_loading(page: Page) -> None:
    page.locator("#file").set_input_files(photo_file())
    assert_finds_the_navy_tee(page)
    page.route(re.compile("/items/.*/similar"), lambda _: None)
    page.locator("#grid .card").first.click()
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    page.go_back()
    assert_finds_the_navy_tee(page)
    expect(page.locator("#grid")).not_to_have_class(re.compile("waiting"))


def test_part_of_a_photo_by_pointer_and_by_keyboard(page: Page, embedder: DrawnEmbedder) -> None:
    page.locator("#file").set_input_files(photo_file())
    wait_for_results(page)
    page.get_by_role("button", name="Search only part of it").click()
    stage = page.locator("#stage").bounding_box()
    assert stage is not None
    page.mouse.move(stage["x"] + stage["width"] * 0.25, stage["y"] + stage["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] * 0.75, stage["y"] + stage["height"] * 0.9, steps=3)
    with page.expect_response("**/similar?*") as answering:
        page.mouse.up()
    assert answering.value.json()["query"]["box"] == pytest.approx([0.25, 0.2, 0.75, 0.9], abs=0.01)
    wait_for_results(page)
    left = page.get_by_role("slider", name="Left")
    assert left.input_value() == "25"
    left.focus()
    with page.expect_response("**/similar?*") as answering:
        left.press("ArrowRight")
    assert answering.value.json()["query"]["box"][0] == pytest.approx(0.26)
    wait_for_results(page)
    with page.expect_response("**/similar?*") as answering:
        # As four keys do, but in one instant: on a busy machine, keys that are sent one by one come too far apart.
        left.evaluate(
            "slider => { for (const _ of '1234') { slider.stepUp();"
            " for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind)); } }"
        )
    assert answering.value.json()["query"]["box"][0] == pytest.approx(0.3)
    wait_for_results(page)
    with page.expect_response("**/similar?*") as answering:
        page.get_by_role("button", name="Use the whole photo").click()
    assert answering.value.json()["query"]["box"] is None
    # The four steps made one search.
    assert [box is None for box in embedder.boxes] == [True, False, False, False, True]


def test_a_big_photo_is_made_smaller_and_upright_first(page: Page) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1500, 2400, 3), np.uint8)
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise).save(file, "JPEG", quality=95, exif=exif)
    assert file.tell() > 3 * 1024 * 1024
    with page.expect_response("**/similar?*") as answering:
        page.locator("#file").set_input_files(photo_file(file.getvalue()))
    query = answering.value.json()["query"]
    assert (query["width"], query["height"]) == (1000, 1600)


def test_a_kind_that_only_the_browser_reads_becomes_one_that_the_server_takes(page: Page) -> None:
    file = io.BytesIO()
    Image.open(io.BytesIO(PHOTO)).save(file, "BMP")
    page.locator("#file").set_input_files(photo_file(file.getvalue(), "photo.bmp", "image/bmp"))
    assert_finds_the_navy_tee(page)


# Chromium shows no HEIC.
@pytest.mark.parametrize(
    "picture_format", [known for known in FORMATS if known.label != "HEIC"], ids=lambda known: known.name
)
def test_a_small_photo_that_the_server_reads_is_sent_as_it_is(
    page: Page, embedder: DrawnEmbedder, picture_format: PictureFormat
) -> None:
    stream = io.BytesIO()
    Image.open(io.BytesIO(PHOTO)).save(stream, picture_format.name)
    name = f"photo{picture_format.suffixes[0]}"
    page.locator("#file").set_input_files(photo_file(stream.getvalue(), name, picture_format.media_type))
    assert_finds_the_navy_tee(page)
    assert embedder.pictures == [stream.getvalue()]


def test_a_photo_without_an_answer_is_gone_after_loading_again(page: Page) -> None:
    page.route(re.compile("/similar"), lambda _: None)
    page.locator("#file").set_input_files(photo_file())
    expect(page).to_have_url(re.compile(r"\?photo="))
    page.reload()
    expect(page.locator("#notice")).to_contain_text("keeps a photo only until it is closed or loaded again")
    expect(page.locator("#grid .card")).to_have_count(24)
    expect(page.locator("#hero")).to_be_visible()


DROP_ADDRESS = """([selector, address]) => {
  const transfer = new DataTransfer();
  transfer.setData('text/uri-list', `# a comment\\r\\n${address}`);
  const options = { bubbles: true, cancelable: true, dataTransfer: transfer };
  const target = document.querySelector(selector);
  return ['dragenter', 'dragover', 'drop'].map((type) => target.dispatchEvent(new DragEvent(type, options)));
}"""


def test_the_address_of_a_picture_that_is_dropped_does_not_replace_the_page(page: Page, address: str) -> None:
    """Firefox hands over only that, and opens it unless the page takes it."""
    left_to_the_browser = page.evaluate(DROP_ADDRESS, ["body", "https://shop.example/shirt.jpg"])
    assert left_to_the_browser == [True, False, False]
    expect(page.locator("#notice")).to_contain_text("Only the address of the picture was dropped")
    expect(page.locator("#notice")).to_contain_text("paste it here")
    expect(page.locator("#dropping")).to_be_hidden()
    assert page.evaluate(DROP_ADDRESS, ["body", f"{address}?item=new%20arrivals%2F3"])[2] is False
    expect(page.locator("#query-title")).to_contain_text("no. 3")
    # What can be typed into keeps what browsers do.
    assert page.evaluate(DROP_ADDRESS, ["input[type=file]", "https://shop.example/"]) == [True, True, True]


def test_the_ring_of_the_focus_leaves_the_line_below_readable(page: Page) -> None:
    page.keyboard.press("Tab")
    page.locator("#results-title").focus()
    below = page.evaluate(
        """() => {
          const title = document.querySelector('#results-title');
          const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(title);
          const ring = title.getBoundingClientRect().bottom + parseFloat(outlineWidth) + parseFloat(outlineOffset);
          return [outlineStyle, document.querySelector('#results-count').getBoundingClientRect().top - ring];
        }"""
    )
    assert below[0] == "solid"
    assert below[1] >= 0
