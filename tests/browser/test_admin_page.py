"""The page for a shop's staff, over a real application, database and picture store."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from catalogue.import_records import ImportBatch, RowProblem
from catalogue.items import Put
from index.bundle import Bundle
from tests.browser.conftest import Watch
from tests.browser.live_shop import KEY, LiveShop, serve_live
from tests.browser.shop import MODEL, DrawnEmbedder, serve
from tests.browser.test_page_access import assert_accessible

pytestmark = pytest.mark.browser

HTML = "<img src=x onerror=alert(1)> & <b>sale</b>"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    with serve_live(tmp_path_factory.mktemp("live")) as running:
        imports = running.catalogue.imports
        asked = imports.create(
            key=None,
            body_sha256=bytes(32),
            caller="command",
            mode="upsert",
            max_removed=0.05,
            source="shop.csv",
            format="csv",
            mapping=None,
        )
        imports.claim("test", lease_s=60)
        problems = [RowProblem(row, f"{HTML}/{'long' * 40}", "image_unreadable", HTML) for row in (3, 8)]
        imports.commit(asked.id, "test", ImportBatch(position=9, rows=9, problems=problems))
        imports.finish(asked.id, "test", "succeeded_with_errors", None)
        yield running


def open_admin(
    browser: Browser,
    shop: LiveShop,
    watch: Watch,
    *,
    width: int = 1440,
    scheme: Literal["light", "dark"] = "light",
    permissions: Sequence[str] = (),
) -> Page:
    """The page with the key that was entered before, its numbers drawn."""
    phone = width < 1000
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        is_mobile=phone,
        has_touch=phone,
        color_scheme=scheme,
        permissions=permissions,
    )
    context.add_init_script(f"sessionStorage.setItem('lookalike.api-key', '{KEY}')")
    page = watch.attach(context.new_page())
    page.goto(f"{shop.address}admin")
    expect(page.locator(".fact").first).to_be_visible()
    return page


@pytest.fixture
def admin(browser: Browser, shop: LiveShop, watch: Watch) -> Iterator[Page]:
    page = open_admin(browser, shop, watch)
    yield page
    page.context.close()


def fact(page: Page, name: str) -> str:
    return page.locator(".fact", has=page.get_by_text(name, exact=True)).locator(".figure").inner_text()


def find(page: Page, item_id: str) -> None:
    page.get_by_label("Its id").fill(item_id)
    page.get_by_role("button", name="Find").click()


def test_it_asks_for_the_key_and_shows_what_is_served(browser: Browser, shop: LiveShop, watch: Watch) -> None:
    watch.refusals_expected = True
    page = watch.attach(browser.new_page())
    page.goto(f"{shop.address}admin")
    dialog = page.get_by_role("dialog", name="For the shop's staff")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator("#notice")).to_contain_text("This needs an API key")
    page.get_by_role("button", name="Try again").click()
    dialog.get_by_label("API key").fill(KEY)
    dialog.get_by_label("API key").press("Enter")
    expect(page.locator(".fact").first).to_be_visible()
    expect(page.locator("#notice")).to_be_hidden()
    before = {name: fact(page, name) for name in ("Items", "Change number", "Changes in no index yet", "Newest change")}
    assert before == {
        "Items": "64",
        "Change number": "1",
        "Changes in no index yet": "0",
        "Newest change": "before the start",
    }
    headers = {"X-API-Key": KEY, "Content-Type": "application/merge-patch+json"}
    page.request.patch(f"{shop.address}items/new%20arrivals/5", headers=headers, data='{"price": "1 EUR"}')
    page.reload()
    expect(page.locator(".fact").first).to_be_visible()
    assert fact(page, "Change number") == "2"
    assert fact(page, "Changes in no index yet") == "1"
    assert fact(page, "Newest change") == "just now"
    page.close()


def test_versions_come_with_commands_to_copy(browser: Browser, shop: LiveShop, watch: Watch) -> None:
    page = open_admin(browser, shop, watch, permissions=["clipboard-read", "clipboard-write"])
    before, served, after = shop.versions
    entries = page.locator("#versions > li")
    expect(entries).to_have_count(3)
    expect(entries.nth(1)).to_contain_text(served)
    expect(entries.nth(1)).to_contain_text("served")
    expect(entries.nth(1).get_by_role("button")).to_have_count(0)
    for version, command in (
        (after, f"lookalike index promote {shop.bundles} {after}"),
        (before, f"lookalike index rollback {shop.bundles}"),
    ):
        button = page.get_by_role("button", name=re.compile(f"Copy the command .* {version}"))
        button.click()
        expect(button).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == command
    page.context.close()


def test_an_item_is_found_changed_and_shown_as_text(admin: Page, shop: LiveShop, watch: Watch) -> None:
    find(admin, "new arrivals/7")
    expect(admin.locator("#item-name")).to_have_text("Navy Blue Bag, small no. 7")
    expect(admin.locator("#item-image")).to_have_class("here")
    admin.get_by_label("Title", exact=True).fill(HTML)
    admin.get_by_role("button", name="Remove Code").click()
    admin.get_by_role("button", name="Add an attribute").click()
    admin.get_by_label("Name of the new attribute").fill("season")
    admin.get_by_label("Value of the new attribute").fill("Winter")
    with admin.expect_request(lambda request: request.method == "PATCH") as sent:
        admin.get_by_label("Value of the new attribute").press("Enter")
    assert sent.value.post_data_json == {"title": HTML, "code": None, "season": "Winter"}
    expect(admin.locator("#item-said")).to_have_text("Saved: 3 attributes. Searches show it already.")
    expect(admin.locator("#item-name")).to_have_text(HTML)
    expect(admin.get_by_label("Season", exact=True)).to_have_value("Winter")
    expect(admin.get_by_label("Code", exact=True)).to_have_count(0)
    assert admin.locator("#item img").count() == 1
    admin.get_by_role("button", name="Save the changes").click()
    expect(admin.locator("#item-said")).to_have_text("Nothing has been changed yet.")
    admin.goto(f"{shop.address}admin?item={quote('new arrivals/7', safe='')}")
    expect(admin.locator("#item-name")).to_have_text(HTML)
    watch.refusals_expected = True
    find(admin, "New arrivals/7")
    expect(admin.locator("#item-said")).to_contain_text("There is no item “New arrivals/7”.")
    expect(admin.locator("#item")).to_be_hidden()


def test_an_item_is_removed_and_put_back_by_keyboard(admin: Page, shop: LiveShop) -> None:
    find(admin, "new arrivals/9")
    remove = admin.get_by_role("button", name="Remove this item")
    remove.focus()
    admin.keyboard.press("Enter")
    dialog = admin.get_by_role("dialog", name="Remove “Green Skirt no. 9”?")
    expect(dialog).to_contain_text("What cannot be undone")
    admin.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(remove).to_be_focused()
    assert _live_version(shop, "new arrivals/9") == 1
    remove.press("Enter")
    dialog.get_by_role("button", name="Remove it").press("Enter")
    expect(admin.locator("#item-said")).to_contain_text("was removed")
    assert _live_version(shop, "new arrivals/9") is None
    expect(admin.locator("#item")).to_be_hidden()
    undo = admin.get_by_role("button", name="Undo the removal")
    expect(undo).to_be_focused()
    expect(undo).to_have_accessible_description(re.compile("What cannot be undone"))
    admin.keyboard.press("Enter")
    expect(admin.locator("#item-said")).to_have_text("It is back, as the newest item of the catalogue.")
    assert _live_version(shop, "new arrivals/9") == 3
    expect(admin.get_by_label("Base colour", exact=True)).to_have_value("Green")
    expect(admin.locator("#item-image")).to_have_class("here")


def test_two_closings_told_at_once_remove_once(admin: Page, shop: LiveShop) -> None:
    find(admin, "new arrivals/8")
    remove = admin.get_by_role("button", name="Remove this item")
    dialog = admin.locator("#remove-dialog")
    remove.press("Enter")
    expect(dialog).to_be_visible()
    # As if the browser were late to tell of this closing.
    dialog.evaluate(
        "dialog => dialog.addEventListener('close', event => event.stopImmediatePropagation(),"
        " { capture: true, once: true })"
    )
    admin.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    remove.press("Enter")
    dialog.get_by_role("button", name="Remove it").press("Enter")
    expect(admin.locator("#item-said")).to_contain_text("was removed")
    admin.get_by_role("button", name="Undo the removal").press("Enter")
    expect(admin.locator("#item-said")).to_have_text("It is back, as the newest item of the catalogue.")
    assert _live_version(shop, "new arrivals/8") == 3


def test_what_others_put_there_meanwhile_is_not_overwritten(admin: Page, shop: LiveShop, watch: Watch) -> None:
    find(admin, "new arrivals/11")
    admin.get_by_role("button", name="Remove this item").click()
    admin.get_by_role("button", name="Remove it").click()
    expect(admin.get_by_role("button", name="Undo the removal")).to_be_visible()
    before = shop.catalogue.item("new arrivals/11")
    assert before is not None
    shop.catalogue.write(Put(before.id, before.image, None, before.content, {"title": "Theirs"}, None, MODEL.version))
    watch.refusals_expected = True
    admin.get_by_role("button", name="Undo the removal").click()
    expect(admin.locator("#item-said")).to_contain_text("Somebody else changed it meanwhile.")
    after = shop.catalogue.item("new arrivals/11")
    assert after is not None
    assert after.attributes == {"title": "Theirs"}


def _live_version(shop: LiveShop, item_id: str) -> int | None:
    item = shop.catalogue.item(item_id)
    return None if item is None or item.deleted else item.version


def test_a_feed_is_sent_and_followed_with_its_errors(admin: Page, shop: LiveShop, watch: Watch, tmp_path: Path) -> None:
    feed = tmp_path / "shop.csv"
    feed.write_text("id,image,title\n1,1.jpg,One\n")
    admin.get_by_label("remove all items that it does not name").check()
    admin.get_by_label("Remove at most").fill("12.5")
    admin.get_by_label("Feed:").set_input_files(feed)
    watch.refusals_expected = True
    admin.context.set_offline(True)
    with admin.expect_request("**/imports?*") as failed:
        admin.get_by_role("button", name="Start the import").click()
    expect(admin.locator("#feed-said")).to_contain_text("The server cannot be reached")
    admin.context.set_offline(False)
    with admin.expect_request(lambda request: request.method == "POST") as sent:
        admin.get_by_role("button", name="Start the import").click()
    assert sent.value.url.endswith("/imports?mode=replace&max_removed=0.125")
    keys = [request.value.headers["idempotency-key"] for request in (failed, sent)]
    assert len(keys[0]) == 32
    assert keys[0] == keys[1]
    first = admin.locator("#imports > li").first
    expect(first).to_contain_text("Waiting")
    expect(admin.locator("#feed-said")).to_contain_text("It has been queued.")

    record = shop.catalogue.imports.claim("test", lease_s=60)
    assert record is not None
    problems = [RowProblem(row, f"id/{row}", "image_unreadable", HTML) for row in range(1, 31)]
    shop.catalogue.imports.commit(record.id, "test", ImportBatch(position=40, rows=40, problems=problems))
    expect(first).to_contain_text("40 rows read · 30 with errors")
    first.get_by_text("Show 30 rows with errors").click()
    expect(first.locator(".errors li")).to_have_count(20)
    expect(first.locator(".errors li").first).to_contain_text(HTML)
    first.get_by_role("button", name="Next").click()
    expect(first.locator(".errors")).to_contain_text("21 to 30 of 30")
    with admin.expect_download() as downloading:
        first.get_by_role("link", name="All errors as CSV").click()
    assert len(list(csv.reader(downloading.value.path().read_text().splitlines()))) == 31
    shop.catalogue.imports.finish(record.id, "test", "failed", "the feed was cut off")
    expect(first).to_contain_text("Failed")
    expect(first).to_contain_text("the feed was cut off")
    # The entry that is open stays open while the page asks for news.
    expect(first.locator(".errors")).to_contain_text("21 to 30 of 30")

    feed.write_text("id\nnew arrivals/30\nnew arrivals/31\nnew arrivals/1000\n")
    items = int(fact(admin, "Items"))
    admin.get_by_label("Remove the items that it names").check()
    admin.get_by_label("Feed:").set_input_files(feed)
    admin.get_by_role("button", name="Start the import").click()
    expect(admin.locator("#imports > li")).to_have_count(3)
    shop.run_importer()
    expect(first).to_contain_text("2 removed")
    expect(first).to_contain_text("Done")
    assert fact(admin, "Items") == str(items - 2)

    admin.get_by_label("An address").check()
    admin.get_by_label("Address of the feed").fill("http://127.0.0.1/feed.csv")
    admin.get_by_role("button", name="Start the import").click()
    expect(admin.locator("#feed-said")).to_contain_text("This address may not be fetched")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_axe_finds_nothing_and_it_fits(
    browser: Browser, shop: LiveShop, watch: Watch, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = open_admin(browser, shop, watch, width=width, scheme=scheme)
    find(page, "new arrivals/12")
    expect(page.locator("#item-image")).to_have_class("here")
    page.get_by_role("button", name="Add an attribute").click()
    page.get_by_role("button", name="Remove Title").click()
    page.get_by_label("remove all items").check()
    page.get_by_text("Show 2 rows with errors").click()
    expect(page.locator(".errors li")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    small = page.locator(
        "button:visible, summary:visible, a.button:visible, input:visible:not([type=radio])"
    ).evaluate_all("all => all.filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)")
    assert small == []
    assert_accessible(page)
    page.get_by_role("button", name="Remove this item").click()
    expect(page.locator("#remove-dialog")).to_be_visible()
    assert_accessible(page)
    page.context.close()


def test_without_a_live_catalogue_it_says_how_to_switch_it_on(browser: Browser, bundle: Bundle, watch: Watch) -> None:
    watch.refusals_expected = True
    with serve(bundle, DrawnEmbedder(), root_path="/shop/lookalike") as address:
        page = watch.attach(browser.new_page())
        page.goto(f"{address}admin")
        expect(page.locator("#notice")).to_contain_text("LOOKALIKE_DATABASE_URL")
        assert fact(page, "Items") == "64"
        expect(page.locator("#versions")).to_contain_text(bundle.version)
        expect(page.get_by_role("heading", name="Import a feed")).to_be_hidden()
        find(page, "new arrivals/3")
        expect(page.get_by_label("Title", exact=True)).to_have_attribute("readonly", "")
        expect(page.get_by_role("button", name="Save the changes")).to_be_hidden()
        page.close()
