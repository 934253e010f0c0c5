"""<lookalike-similar> in a shop's page of another origin, against the real API."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from index.bundle import Bundle
from tests.browser.conftest import Watch
from tests.browser.priced_shop import HOSTILE
from tests.browser.shop import DrawnEmbedder
from tests.browser.shop_site import Site, serve_site
from tests.browser.widget_shop import (
    SECRET,
    assert_accessible,
    cards,
    heard,
    ids_shown,
    new_context,
    serve_shop,
)

pytestmark = pytest.mark.browser

ITEM = "new arrivals/0"
SIMILAR = f'<lookalike-similar item="{ITEM}" link="https://shop.example/{{style}}/{{id}}"></lookalike-similar>'


@pytest.fixture(scope="module")
def site(priced_bundle: Bundle) -> Iterator[Site]:
    with serve_shop(priced_bundle, DrawnEmbedder()) as made:
        yield made


@pytest.fixture
def shop_page(browser: Browser, site: Site, watch: Watch) -> Iterator[Page]:
    context = new_context(browser)
    yield watch.attach(context.new_page())
    context.close()


def test_a_row_of_look_alikes_at_another_origin(shop_page: Page, site: Site) -> None:
    shop_page.goto(site.page(SIMILAR))
    expect(cards(shop_page)).to_have_count(12)
    expect(shop_page.get_by_role("region", name="You may also like").get_by_role("listitem")).to_have_count(12)
    found = heard(shop_page, "search")
    assert len(found) == 1
    assert (found[0]["kind"], found[0]["itemId"], found[0]["total"]) == ("item", ITEM, 39)
    assert re.fullmatch("[0-9a-f]{32}", found[0]["requestId"])
    assert [item["position"] for item in found[0]["items"]] == list(range(1, 13))
    # In the order of the answer, each with its picture, and no picture is asked for larger than it is shown.
    hrefs = cards(shop_page).evaluate_all("all => all.map((card) => card.href)")
    assert [href.rpartition("/")[2] for href in hrefs] == [each.rpartition("/")[2] for each in ids_shown(shop_page)]
    assert "/Red%20Tee/new%20arrivals/" in hrefs[0]
    image = cards(shop_page).first.locator("img")
    expect(image).to_have_class("here")
    assert "width=320" in image.evaluate("image => image.currentSrc")
    views = heard(shop_page, "view")
    assert [view["requestId"] for view in views] == [found[0]["requestId"]]
    assert views[0]["items"] == found[0]["items"]


def test_nothing_moves_while_it_loads(shop_page: Page, site: Site) -> None:
    for body in (SIMILAR, SIMILAR.replace("item=", 'layout="grid" item=')):
        shop_page.goto(site.page(f"{body}<footer>below</footer>"))
        expect(cards(shop_page).first.locator("img")).to_have_class("here")
        # The room that the page leaves before the script is there is not exactly that of the row.
        assert shop_page.evaluate("moved") < 0.05
        heights = shop_page.evaluate(
            """() => {
              const widget = document.querySelector('lookalike-similar');
              const before = widget.offsetHeight;
              widget.setAttribute('limit', '11');
              return new Promise((done) => {
                requestAnimationFrame(() => {
                  const waiting = [widget.shadowRoot.querySelectorAll('.bone').length, widget.offsetHeight];
                  document.addEventListener('lookalike:search', () => done([before, ...waiting, widget.offsetHeight]));
                });
              });
            }"""
        )
        assert heights[1] == 11
        assert heights[0] == heights[2] == heights[3]


def test_prices_badges_and_slots(shop_page: Page, site: Site) -> None:
    shop_page.goto(
        site.page(
            '<div lang=de><lookalike-similar item="new arrivals/3" limit=39>'
            '<b slot="price-new arrivals/5">auf Anfrage</b><b slot="badge-new arrivals/5">Neu</b>'
            '<button slot="below-new arrivals/5">In den Korb</button></lookalike-similar></div>'
        )
    )
    expect(cards(shop_page)).to_have_count(39)
    card = {
        number: cards(shop_page).filter(has=shop_page.locator(f'slot[name="price-new arrivals/{number}"]'))
        for number in (1, 5, 6)
    }
    expect(card[1].locator(".price")).to_have_text("11,00 €")
    expect(card[6].locator(".price")).to_have_text("Vorher: 16,00 €Jetzt: 15,50 €")
    expect(card[6].locator(".badge")).to_have_text("Sale")
    expect(card[5].locator(".price span")).to_be_hidden()
    for words in ("auf Anfrage", "Neu", "In den Korb"):
        expect(shop_page.get_by_text(words)).to_be_visible()
    expect(shop_page.get_by_role("button", name="Nächste Artikel")).to_be_visible()


def test_html_in_attributes_is_text_and_no_link_runs_a_script(shop_page: Page, site: Site) -> None:
    shop_page.goto(site.page(f'<lookalike-similar item="{ITEM}" limit=39 layout=grid></lookalike-similar>'))
    expect(cards(shop_page)).to_have_count(39)
    expect(shop_page.locator("lookalike-similar").get_by_text(HOSTILE, exact=True)).to_have_count(2)
    named = shop_page.get_by_role("button", name=HOSTILE)
    named.click()
    assert heard(shop_page, "click")[0] | {"item": None, "score": None, "requestId": None} == {
        "name": "click",
        "from": "lookalike-similar",
        "id": "new arrivals/4",
        "position": ids_shown(shop_page).index("new arrivals/4") + 1,
        "href": None,
        "item": None,
        "score": None,
        "requestId": None,
    }
    assert shop_page.title() == "Shop"
    # The link of the feed is taken where the page names none.
    assert (
        cards(shop_page).first.get_attribute("href")
        == f"https://shop.example/p/{ids_shown(shop_page)[0].split('/')[1]}"
    )


def test_under_a_strict_policy(shop_page: Page, site: Site) -> None:
    shop_page.goto(site.page(SIMILAR, policy=site.strict_policy()))
    expect(cards(shop_page).first.locator("img")).to_have_class("here")
    # The style sheet is in force, although the page allows none.
    assert cards(shop_page).first.locator(".tile").evaluate("tile => getComputedStyle(tile).overflow") == "hidden"


def test_conditions_and_groups(shop_page: Page, site: Site) -> None:
    asked: list[str] = []
    shop_page.on("request", lambda request: asked.append(request.url) if "/similar?" in request.url else None)
    shop_page.goto(
        site.page(
            f'<lookalike-similar item="{ITEM}" filter="baseColour:Red,Green; price:..45" exclude="style:Red Scarf" '
            'group-by="style" min-score="-0.5" limit="40"></lookalike-similar>'
        )
    )
    expect(cards(shop_page).first).to_be_visible()
    names = [text.rpartition(" no. ")[0] for text in cards(shop_page).locator(".title").all_inner_texts()]
    assert sorted(set(names) - {""}) == sorted(set(names))
    assert set(names) == {
        "Red Tee",
        "Red Skirt",
        "Red Bag, small",
        "Green Tee",
        "Green Skirt",
        "Green Scarf",
        "Green Bag, small",
    }
    query = parse_qs(urlsplit(asked[0]).query)
    assert query["filter"] == ["baseColour:Red,Green", "price:..45"]
    assert query["group_by"] == ["style"]


WRONG = {
    'limit="0"': "whole number from 1 to 100",
    'limit="12; drop"': "whole number from 1 to 100",
    'filter="gender"': "must be like 'gender:Women'",
    'min-score="high"': "number from -1 to 1",
    'layout="masonry"': "must be one of carousel, grid",
    'currency="€"': "three letters",
    'lang="german!"': "must be a language",
    'groupby="style"': "is written 'group-by'",
    'heading-level="9"': "whole number from 1 to 6",
}


def test_a_wrong_attribute_is_said_once_and_breaks_nothing(shop_page: Page, site: Site, watch: Watch) -> None:
    shop_page.goto(
        site.page("".join(f'<lookalike-similar item="{ITEM}" {each}></lookalike-similar>' for each in WRONG))
    )
    expect(shop_page.get_by_role("region", name="You may also like")).to_have_count(len(WRONG))
    # Other attributes change, which says nothing again.
    shop_page.evaluate(
        "document.querySelectorAll('lookalike-similar').forEach((one) => one.setAttribute('text-heading', 'Others'))"
    )
    expect(shop_page.get_by_role("heading", name="Others")).to_have_count(len(WRONG))
    errors = heard(shop_page, "error")
    for error, (attribute, says) in zip(errors, WRONG.items(), strict=True):
        assert error["code"] == "invalid_attribute"
        assert error["attribute"] == attribute.partition("=")[0]
        assert says in error["detail"]
    assert watch.complaints == [f"<lookalike-similar>: {error['detail']}" for error in errors]
    watch.complaints.clear()
    shop_page.locator("lookalike-similar").last.scroll_into_view_if_needed()
    expect(cards(shop_page).last).to_be_visible()


def test_without_what_it_needs_it_takes_no_room(shop_page: Page, site: Site, watch: Watch) -> None:
    lacking = f'<lookalike-similar></lookalike-similar><lookalike-similar item="{ITEM}" api="javascript:0">'
    shop_page.goto(site.page(f"{lacking}</lookalike-similar>{SIMILAR}"))
    expect(cards(shop_page)).to_have_count(12)
    assert [error["attribute"] for error in heard(shop_page, "error")] == ["item", "api"]
    heights = shop_page.locator("lookalike-similar").evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert heights[:2] == [0, 0]
    assert len(watch.complaints) == 2
    watch.complaints.clear()


def test_ten_thousand_changes_are_one_question(shop_page: Page, site: Site) -> None:
    asked: list[str] = []
    shop_page.on("request", lambda request: asked.append(request.url) if "/similar?" in request.url else None)
    shop_page.goto(site.page(SIMILAR))
    expect(cards(shop_page)).to_have_count(12)
    asked.clear()
    shop_page.evaluate(
        """() => {
          const widget = document.querySelector('lookalike-similar');
          window.reads = 0;
          widget.getAttribute = (name) => {
            window.reads += 1;
            return HTMLElement.prototype.getAttribute.call(widget, name);
          };
          for (let turn = 0; turn < 10000; turn += 1) widget.setAttribute('item', `new arrivals/${turn % 7}`);
        }"""
    )
    expect(cards(shop_page)).to_have_count(12)
    shop_page.wait_for_function(
        "heard.filter((each) => each.name === 'search').length === 10002 || heard.length < 9000"
    )
    assert len(asked) == 1
    assert "new%20arrivals/3/" in asked[0]
    # And they are read once, not ten thousand times.
    assert 0 < shop_page.evaluate("reads") < 1000


def test_moved_removed_and_put_back(shop_page: Page, site: Site) -> None:
    shop_page.goto(site.page(f"<div id=one>{SIMILAR}</div><div id=two></div>"))
    expect(cards(shop_page)).to_have_count(12)
    shop_page.evaluate("two.append(document.querySelector('lookalike-similar'))")
    expect(cards(shop_page)).to_have_count(12)
    shop_page.evaluate("window.kept = document.querySelector('lookalike-similar'); kept.remove()")
    shop_page.evaluate("one.append(kept)")
    expect(cards(shop_page, "#one")).to_have_count(12)
    assert len(heard(shop_page, "search")) == 1
    # One that is moved before its answer is there goes on waiting; one that is taken out asks again when it is back.
    change = """([item, act]) => {
      kept.setAttribute('item', item);
      return new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
        if (act === 'move') two.append(kept);
        else kept.remove();
        setTimeout(done, 0);
      }, 0)));
    }"""
    asked: list[str] = []
    shop_page.on("request", lambda request: asked.append(request.url))
    for item, act in (("new arrivals/8", "move"), ("new arrivals/9", "remove")):
        asked.clear()
        shop_page.evaluate(change, [item, act])
        shop_page.evaluate("two.append(kept)")
        shop_page.wait_for_function(
            "item => heard.findLast((each) => each.name === 'search').itemId === item", arg=item
        )
        assert len([url for url in asked if f"{item.replace(' ', '%20')}/similar" in url]) == 1 or act == "remove"
    assert heard(shop_page, "error") == []


def test_two_at_once_with_what_they_have_in_common(shop_page: Page, site: Site) -> None:
    shop_page.goto(
        site.page(
            f'<lookalike-config api="{site.api}" api-key="{site.key}" limit=5 lang=fr'
            ' link="/p/{id}"></lookalike-config>'
            '<lookalike-similar id=a item="new arrivals/1"></lookalike-similar>'
            '<lookalike-similar id=b item="new arrivals/2" limit=3></lookalike-similar>',
            script=f"{site.api}widget.js?key={site.key}&again",
        )
    )
    expect(cards(shop_page, "#a")).to_have_count(5)
    expect(cards(shop_page, "#b")).to_have_count(3)
    assert {found["itemId"] for found in heard(shop_page, "search")} == {"new arrivals/1", "new arrivals/2"}
    expect(shop_page.get_by_role("region", name="Vous aimerez aussi")).to_have_count(2)
    assert cards(shop_page).first.get_attribute("href").startswith(f"{site.origin}/p/new%20arrivals/")  # type: ignore[union-attr]
    shop_page.locator("lookalike-config").evaluate("config => config.setAttribute('limit', '4')")
    expect(cards(shop_page, "#a")).to_have_count(4)
    expect(cards(shop_page, "#b")).to_have_count(3)


def test_while_the_api_is_away(shop_page: Page, site: Site, watch: Watch) -> None:
    watch.refusals_expected = True
    api, away = site.api, "http://127.0.0.1:9/"
    shop_page.goto(site.page(SIMILAR.replace("item=", f'api="{away}" item='), script=f"{api}widget.js?key={site.key}"))
    expect(shop_page.get_by_text("Similar items cannot be shown right now.")).to_be_visible()
    (error,) = heard(shop_page, "error")
    assert (error["code"], error["status"]) == ("offline", 0)
    assert_accessible(shop_page)
    height = shop_page.locator("lookalike-similar").evaluate("widget => widget.offsetHeight")
    shop_page.get_by_role("button", name="Try again").click()
    expect(shop_page.locator("lookalike-similar .bone").first).to_be_visible()
    shop_page.locator("lookalike-similar").evaluate(
        "(widget, [api, key]) => { widget.setAttribute('api', api); widget.setAttribute('api-key', key); }",
        [api, site.key],
    )
    expect(cards(shop_page)).to_have_count(12)
    assert shop_page.locator("lookalike-similar").evaluate("widget => widget.offsetHeight") == height
    assert [complaint for complaint in watch.complaints if "no answer came" not in complaint] == []
    watch.complaints.clear()


def test_an_item_that_is_not_in_the_index(shop_page: Page, site: Site, watch: Watch) -> None:
    watch.refusals_expected = True
    shop_page.goto(site.page('<lookalike-similar item="no such"></lookalike-similar>'))
    expect(shop_page.get_by_text("Nothing similar was found.")).to_be_visible()
    assert [error["code"] for error in heard(shop_page, "error")] == ["unknown_item"]
    shop_page.locator("lookalike-similar").evaluate("widget => widget.setAttribute('when-empty', 'hide')")
    shop_page.locator("lookalike-similar").evaluate("widget => widget.setAttribute('item', 'neither')")
    expect(shop_page.locator("lookalike-similar .box")).to_be_hidden()
    watch.complaints.clear()


@pytest.mark.parametrize("phone", [False, True], ids=["1366", "390"])
def test_axe_keyboard_and_screen_reader(browser: Browser, site: Site, watch: Watch, phone: bool) -> None:
    context = new_context(browser, phone=phone)
    page = watch.attach(context.new_page())
    page.goto(site.page(SIMILAR))
    expect(cards(page).first.locator("img")).to_have_class("here")
    assert_accessible(page)
    cards(page).first.focus()
    for key, at in (("ArrowRight", 1), ("End", 11), ("ArrowLeft", 10), ("Home", 0), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        expect(cards(page).nth(at)).to_be_focused()
    expect(cards(page).first).to_have_accessible_name(re.compile(r"^(Sale )?.+ no\. \d+ (Before: )?€\d+\.\d\d"))
    page.evaluate("document.addEventListener('lookalike:click', (event) => event.preventDefault())")
    before = page.url
    page.keyboard.press("Enter")
    click = heard(page, "click")[0]
    assert (click["position"], click["id"]) == (1, ids_shown(page)[0])
    assert click["requestId"] == heard(page, "search")[0]["requestId"]
    assert page.url == before
    # Nothing sticks out to the side.
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]  # type: ignore[index]
    context.close()


def test_arrows_scroll_the_row(shop_page: Page, site: Site) -> None:
    shop_page.emulate_media(reduced_motion="reduce")
    shop_page.goto(site.page(SIMILAR))
    onward, back = (shop_page.get_by_role("button", name=f"{way} items") for way in ("Next", "Previous"))
    expect(back).to_be_disabled()
    while onward.is_enabled():
        onward.click()
        shop_page.wait_for_timeout(20)
    expect(back).to_be_enabled()
    expect(cards(shop_page).last).to_be_in_viewport()
    assert_accessible(shop_page)


def test_it_asks_only_when_it_comes_near(shop_page: Page, site: Site) -> None:
    asked: list[str] = []
    shop_page.on("request", lambda request: asked.append(request.url) if "/similar?" in request.url else None)
    tall = "<div style='height: 4000px'></div>"
    shop_page.goto(site.page(f"{tall}{SIMILAR}{SIMILAR.replace('item=', 'id=now loading=eager item=')}"))
    expect(cards(shop_page, "#now")).to_have_count(12)
    assert len(asked) == 1
    assert heard(shop_page, "view") == []
    shop_page.locator("lookalike-similar").first.scroll_into_view_if_needed()
    expect(cards(shop_page)).to_have_count(24)


def test_the_root_path_is_kept(browser: Browser, watch: Watch, priced_bundle: Bundle) -> None:
    with serve_shop(priced_bundle, DrawnEmbedder(), root_path="/look") as site:
        context = new_context(browser)
        page = watch.attach(context.new_page())
        page.goto(site.page(SIMILAR))
        expect(cards(page).first.locator("img")).to_have_class("here")
        context.close()


def test_a_key_that_does_not_work(shop_page: Page, site: Site, watch: Watch) -> None:
    watch.refusals_expected = True
    keys = ("pk-that-was-taken-back", SECRET)
    tags = "".join(f'<lookalike-similar item="{ITEM}" api-key="{key}"></lookalike-similar>' for key in keys)
    shop_page.goto(site.page(tags))
    expect(shop_page.get_by_text("Similar items cannot be shown right now.")).to_have_count(2)
    errors = heard(shop_page, "error")
    assert [(error["code"], error["status"]) for error in errors] == [("unauthorized", 401)] * 2
    assert not any(key in error["detail"] for error in errors for key in keys)
    assert len(watch.complaints) == 2
    watch.complaints.clear()


def test_a_page_that_the_key_is_not_for(browser: Browser, site: Site, watch: Watch) -> None:
    watch.refusals_expected = True
    with serve_site() as other:
        other.api, other.key = site.api, site.key
        context = new_context(browser)
        page = watch.attach(context.new_page())
        page.goto(other.page(SIMILAR))
        expect(page.get_by_text("Similar items cannot be shown right now.")).to_be_visible()
        (error,) = heard(page, "error")
        # A page without CORS cannot read the refusal; the sentence names what to look at.
        assert error["code"] in {"forbidden", "offline"}
        assert "origin" in error["detail"]
        context.close()
    watch.complaints.clear()
