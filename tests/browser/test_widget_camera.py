"""<lookalike-camera> in a shop's page of another origin, against the real API."""

import base64
import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from api.http.problems import ServiceProblem
from contracts.box import Box
from contracts.garments import Garment
from index.bundle import Bundle
from tests.browser.conftest import Watch
from tests.browser.shop import COLOURS, DrawnEmbedder, draw_picture
from tests.browser.shop_site import Site
from tests.browser.widget_shop import assert_accessible, cards, heard, ids_shown, new_context, serve_shop

pytestmark = pytest.mark.browser

PHOTO = draw_picture("Tee", COLOURS["Navy Blue"], 0, size=(360, 480))
CAMERA = '<lookalike-camera link="/p/{id}"></lookalike-camera>'
TOP = Garment("top", Box(0.1, 0.1, 0.9, 0.5), 0.9)
SKIRT = Garment("skirt", Box(0.2, 0.5, 0.8, 0.95), 0.8)

HAND_OVER = """([target, kind, encoded]) => {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], 'photo.jpg', { type: 'image/jpeg' }));
  const options = { bubbles: true, cancelable: true, composed: true };
  const root = document.querySelector('lookalike-camera').shadowRoot;
  const place = target === 'document' ? document : root.querySelector(target);
  const events = {
    paste: [new ClipboardEvent('paste', { ...options, clipboardData: transfer })],
    drop: ['dragenter', 'dragover', 'drop'].map((type) => new DragEvent(type, { ...options, dataTransfer: transfer })),
  };
  return events[kind].map((event) => place.dispatchEvent(event));
}"""


def photo_file(data: bytes = PHOTO, name: str = "photo.jpg", kind: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": data}


def large_photo() -> bytes:
    """A photo as phones take them: 2,400 x 1,600 stored pixels to be shown turned, with a place in its EXIF."""
    picture = Image.open(io.BytesIO(draw_picture("Tee", COLOURS["Navy Blue"], 0, size=(1600, 2400))))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera"
    file = io.BytesIO()
    picture.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", exif=exif, quality=95)
    return file.getvalue()


@pytest.fixture(scope="module")
def module_embedder() -> DrawnEmbedder:
    return DrawnEmbedder()


@pytest.fixture(scope="module")
def site(priced_bundle: Bundle, module_embedder: DrawnEmbedder) -> Iterator[Site]:
    with serve_shop(priced_bundle, module_embedder) as made:
        yield made


@pytest.fixture
def embedder(module_embedder: DrawnEmbedder) -> DrawnEmbedder:
    module_embedder.problem = module_embedder.objects = None
    for calls in (module_embedder.boxes, module_embedder.detects, module_embedder.pictures):
        calls.clear()
    return module_embedder


@pytest.fixture
def shop_page(browser: Browser, site: Site, watch: Watch, embedder: DrawnEmbedder) -> Iterator[Page]:
    context = new_context(browser)
    page = watch.attach(context.new_page())
    page.goto(site.page(CAMERA))
    yield page
    context.close()


def found(page: Page) -> Locator:
    return cards(page, "lookalike-camera")


def wait_for_searches(page: Page, count: int) -> None:
    page.wait_for_function("count => heard.filter((each) => each.name === 'search').length >= count", arg=count)


def assert_finds_the_navy_tee(page: Page) -> None:
    """It is the first of what was found."""
    expect(found(page)).to_have_count(12)
    assert ids_shown(page)[0] in {"new arrivals/4", "new arrivals/20", "new arrivals/36"}


def send(page: Page, data: bytes = PHOTO) -> None:
    """Open the dialog and choose a photo; returns when its results are there."""
    before = len(heard(page, "search"))
    if not page.get_by_role("dialog").is_visible():
        page.get_by_role("button", name="Search with a photo").click()
    page.locator("lookalike-camera input").first.set_input_files(photo_file(data))
    wait_for_searches(page, before + 1)


def test_choosing_a_photo(shop_page: Page, embedder: DrawnEmbedder) -> None:
    shop_page.get_by_role("button", name="Search with a photo").click()
    with shop_page.expect_file_chooser() as choosing:
        shop_page.get_by_role("dialog", name="Search with a photo").get_by_role("button", name="Choose a photo").click()
    choosing.value.set_files(photo_file())
    assert_finds_the_navy_tee(shop_page)
    expect(shop_page.get_by_role("img", name="Your photo")).to_be_visible()
    # A photo that is small already goes as it is.
    assert embedder.pictures == [PHOTO]
    (search,) = heard(shop_page, "search")
    assert (search["kind"], search["itemId"], len(search["items"])) == ("photo", None, 12)
    assert [view["requestId"] for view in heard(shop_page, "view")] == [search["requestId"]]
    shop_page.evaluate("document.addEventListener('lookalike:click', (event) => event.preventDefault())")
    found(shop_page).nth(1).click()
    (click,) = heard(shop_page, "click")
    assert (click["position"], click["requestId"]) == (2, search["requestId"])
    assert click["href"].endswith(f"/p/{search['items'][1]['id'].replace(' ', '%20')}")


def test_a_large_photo_is_sent_small_upright_and_without_exif(shop_page: Page, embedder: DrawnEmbedder) -> None:
    original = large_photo()
    send(shop_page, original)
    (sent,) = embedder.pictures
    picture = Image.open(io.BytesIO(sent))
    assert (picture.format, picture.size) == ("JPEG", (683, 1024))
    assert not picture.getexif()
    assert len(sent) < len(original) / 5
    assert_finds_the_navy_tee(shop_page)


@pytest.mark.parametrize(("target", "kind"), [("document", "paste"), ("dialog", "drop"), (".open", "drop")])
def test_handing_over_a_photo(shop_page: Page, embedder: DrawnEmbedder, target: str, kind: str) -> None:
    if target != ".open":
        shop_page.get_by_role("button", name="Search with a photo").click()
    handed = shop_page.evaluate(HAND_OVER, [target, kind, base64.b64encode(PHOTO).decode()])
    # The browser must not open the file in place of the page.
    assert handed[-1] is False
    assert_finds_the_navy_tee(shop_page)


def test_nothing_is_taken_from_a_page_whose_dialog_is_closed(shop_page: Page, embedder: DrawnEmbedder) -> None:
    send(shop_page)
    shop_page.keyboard.press("Escape")
    expect(shop_page.get_by_role("dialog")).to_be_hidden()
    expect(shop_page.get_by_role("button", name="Search with a photo")).to_be_focused()
    assert shop_page.evaluate(HAND_OVER, ["document", "paste", base64.b64encode(PHOTO).decode()]) == [True]
    assert len(embedder.pictures) == 1
    # What was found is still there.
    shop_page.get_by_role("button", name="Search with a photo").click()
    expect(found(shop_page)).to_have_count(12)


def test_garments_to_choose_from(shop_page: Page, embedder: DrawnEmbedder) -> None:
    again = Garment("top", Box(0.2, 0.1, 0.7, 0.4), 0.7), Garment("shoes", Box(0.12, 0.1, 0.9, 0.52), 0.6)
    embedder.objects = (TOP, *again, SKIRT)
    send(shop_page)
    chips = shop_page.locator("lookalike-camera .chip")
    # Those between are the first one again.
    expect(chips).to_have_text(["Top", "Skirt", "Whole photo"])
    expect(chips.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(shop_page.locator("lookalike-camera .dot")).to_have_count(1)
    chips.nth(1).click()
    expect(chips.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(chips.nth(1)).to_be_focused()
    wait_for_searches(shop_page, 2)
    assert embedder.boxes == [None, SKIRT.box]
    # The dot of what is not searched.
    shop_page.locator("lookalike-camera .dot").click()
    expect(chips.nth(0)).to_have_attribute("aria-pressed", "true")
    wait_for_searches(shop_page, 3)
    chips.nth(2).click()
    wait_for_searches(shop_page, 4)
    assert embedder.boxes[-1] is None
    assert embedder.detects[-1] is False
    expect(chips).to_have_count(3)


def test_an_area_by_keyboard_and_by_pointer(shop_page: Page, embedder: DrawnEmbedder) -> None:
    send(shop_page)
    shop_page.get_by_role("button", name="Select an area").click()
    expect(shop_page.get_by_role("button", name="Upper left corner")).to_be_focused()
    for key in ("ArrowRight", "Shift+ArrowDown", "ArrowDown"):
        shop_page.keyboard.press(key)
    wait_for_searches(shop_page, 2)
    assert embedder.boxes[-1] == Box(0.17, 0.22, 0.85, 0.9)
    assert_accessible(shop_page)
    stage = shop_page.locator("lookalike-camera .stage").bounding_box()
    assert stage is not None

    def drag(*places: tuple[float, float]) -> None:
        for turn, (x, y) in enumerate(places):
            shop_page.mouse.move(stage["x"] + x * stage["width"], stage["y"] + y * stage["height"])
            if not turn:
                shop_page.mouse.down()
        shop_page.mouse.up()

    # Outside the frame a new one is drawn; inside it is moved, and a corner changes it.
    for places, expected in (
        (((0.05, 0.95), (0.3, 0.6), (0.45, 0.5)), (0.05, 0.5, 0.45, 0.95)),
        (((0.25, 0.7), (0.35, 0.6)), (0.15, 0.4, 0.55, 0.85)),
        (((0.55, 0.85), (0.7, 0.9), (0.75, 0.95)), (0.15, 0.4, 0.75, 0.95)),
    ):
        before = len(embedder.boxes)
        drag(*places)
        shop_page.wait_for_function(
            "count => heard.filter((each) => each.name === 'search').length > count", arg=before
        )
        box = embedder.boxes[-1]
        assert box is not None
        assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx(expected, abs=0.02)
    # A slip of the finger changes nothing.
    drag((0.02, 0.02), (0.03, 0.03))
    shop_page.get_by_role("button", name="Select an area").click()
    expect(shop_page.get_by_role("button", name="Upper left corner")).to_be_hidden()
    assert len(embedder.boxes) == 5


def test_more_and_other_conditions_without_the_photo(shop_page: Page, site: Site, embedder: DrawnEmbedder) -> None:
    send(shop_page)
    more = shop_page.get_by_role("button", name="Show more")
    more.click()
    expect(found(shop_page)).to_have_count(24)
    expect(found(shop_page).nth(12)).to_be_focused()
    more.click()
    expect(found(shop_page)).to_have_count(36)
    more.click()
    expect(found(shop_page)).to_have_count(40)
    expect(more).to_be_hidden()
    shop_page.locator("lookalike-camera").evaluate("widget => widget.setAttribute('filter', 'baseColour:Red')")
    expect(found(shop_page)).to_have_count(12)
    shop_page.wait_for_function("heard.filter((each) => each.name === 'search').at(-1).kind === 'token'")
    assert len(embedder.pictures) == 1
    assert all("Red" in text for text in found(shop_page).locator(".title").all_inner_texts())
    assert heard(shop_page, "search")[-1]["total"] == 12


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        ("rate_limited", "There are too many searches right now."),
        ("image_too_small", "This area is too small."),
        ("internal_error", "Similar items cannot be shown right now."),
    ],
)
def test_a_refusal_is_said_in_plain_words(
    shop_page: Page, embedder: DrawnEmbedder, watch: Watch, problem: str, says: str
) -> None:
    watch.refusals_expected = True
    # To be asked again only after a minute, which nobody waits for.
    embedder.problem = ServiceProblem(problem, "refused by the test", 60 if problem == "rate_limited" else None)  # type: ignore[arg-type]
    shop_page.get_by_role("button", name="Search with a photo").click()
    shop_page.locator("lookalike-camera input").first.set_input_files(photo_file())
    expect(shop_page.get_by_role("alert")).to_contain_text(says)
    (error,) = heard(shop_page, "error")
    assert error["code"] == problem
    assert error["requestId"]
    assert_accessible(shop_page)
    assert watch.complaints == [f"<lookalike-camera>: {error['detail']}"]
    watch.complaints.clear()
    send(shop_page)
    expect(found(shop_page)).to_have_count(12)


@pytest.mark.parametrize("data", [b"", b"no picture"], ids=["empty", "text"])
def test_what_is_no_photo(shop_page: Page, watch: Watch, data: bytes) -> None:
    watch.refusals_expected = True
    shop_page.get_by_role("button", name="Search with a photo").click()
    shop_page.locator("lookalike-camera input").first.set_input_files(photo_file(data))
    expect(shop_page.get_by_role("alert")).to_contain_text("cannot be read as a photo")
    watch.complaints.clear()


def test_while_an_area_fails_the_photo_stays(shop_page: Page, embedder: DrawnEmbedder, watch: Watch) -> None:
    watch.refusals_expected = True
    embedder.objects = (TOP, SKIRT)
    send(shop_page)
    embedder.problem = ServiceProblem("queue_full", "refused by the test", 60)
    shop_page.get_by_role("button", name="Skirt").click()
    expect(shop_page.get_by_text("There are too many searches right now.")).to_be_visible()
    expect(shop_page.get_by_role("img", name="Your photo")).to_be_visible()
    shop_page.get_by_role("button", name="Try again").click()
    expect(found(shop_page)).to_have_count(12)
    assert embedder.boxes[-1] == SKIRT.box
    watch.complaints.clear()


def test_under_a_strict_policy(browser: Browser, site: Site, embedder: DrawnEmbedder, watch: Watch) -> None:
    context = new_context(browser)
    page = watch.attach(context.new_page())
    page.goto(site.page(CAMERA, policy=site.strict_policy()))
    embedder.objects = (TOP, SKIRT)
    send(page, large_photo())
    expect(found(page).first.locator("img")).to_have_class("here")
    frame = page.locator("lookalike-camera .frame")
    assert frame.evaluate("frame => frame.offsetWidth / frame.parentElement.offsetWidth") == pytest.approx(
        0.8, abs=0.01
    )
    context.close()


@pytest.mark.parametrize("phone", [False, True], ids=["1366", "390"])
def test_axe_and_keyboard(browser: Browser, site: Site, embedder: DrawnEmbedder, watch: Watch, phone: bool) -> None:
    context = new_context(browser, phone=phone)
    page = watch.attach(context.new_page())
    page.goto(site.page(f'<div lang="de">{CAMERA}</div>'))
    assert_accessible(page)
    page.get_by_role("button", name="Mit einem Foto suchen").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Foto aufnehmen" if phone else "Foto auswählen")).to_be_focused()
    assert_accessible(page)
    embedder.objects = (TOP, SKIRT)
    page.locator("lookalike-camera input").first.set_input_files(photo_file())
    expect(found(page).first.locator("img")).to_have_class("here")
    expect(page.get_by_role("status")).to_have_text("Ähnliche Artikel")
    assert_accessible(page)
    page.get_by_role("button", name="Bereich auswählen").click()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]  # type: ignore[index]
    page.get_by_role("button", name="Anderes Foto").click()
    expect(page.get_by_role("button", name="Foto auswählen")).to_be_visible()
    page.get_by_role("button", name="Schließen").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    context.close()


def test_removed_while_it_is_open(shop_page: Page, embedder: DrawnEmbedder) -> None:
    send(shop_page)
    shop_page.evaluate("window.kept = document.querySelector('lookalike-camera'); kept.remove()")
    assert shop_page.evaluate("document.activeElement.localName") == "body"
    shop_page.evaluate("document.querySelector('main').append(kept)")
    shop_page.evaluate("kept.open()")
    expect(found(shop_page)).to_have_count(12)
    assert ids_shown(shop_page)
    assert len(embedder.pictures) == 1


def test_a_button_and_a_photo_of_the_shops_own(shop_page: Page, site: Site, embedder: DrawnEmbedder) -> None:
    shop_page.goto(site.page('<lookalike-camera><span slot="button">Find it</span></lookalike-camera>'))
    expect(shop_page.get_by_role("button", name="Find it")).to_be_visible()
    shop_page.evaluate(
        """async (encoded) => {
          const photo = await (await fetch(`data:image/jpeg;base64,${encoded}`)).blob();
          await document.querySelector('lookalike-camera').search(photo);
        }""",
        base64.b64encode(PHOTO).decode(),
    )
    expect(found(shop_page)).to_have_count(12)
