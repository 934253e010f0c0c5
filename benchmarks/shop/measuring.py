"""What a customer of the example shop waits for: look-alikes on a product's page, and the results of a photo."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from benchmarks.shop.line import Tab, slow_tab
from contracts.errors import LaunchError

WINDOWS = {"phone": (390, 844), "desktop": (1366, 768)}
_TIMEOUT_S = 20.0
_POLL_MS = 100

# Notes when the pictures of look-alikes are there: the first one, and all that can be seen without scrolling sideways.
# A picture counts where it is decoded and its card is inside of the window's width.
_WATCH = """
window.seen = {};
const look = () => {
  const host = document.querySelector('lookalike-similar') ?? document.querySelector('lookalike-camera');
  const pictures = [...(host?.shadowRoot?.querySelectorAll('[part~=card] img') ?? [])].filter((picture) => {
    const box = picture.getBoundingClientRect();
    const below = host.localName === 'lookalike-camera' && box.top > innerHeight;
    return box.width > 0 && box.left < innerWidth && box.right > 0 && !below;
  });
  const there = pictures.filter((picture) => picture.complete && picture.naturalWidth > 0);
  if (pictures.length) window.seen.cards ??= performance.now();
  if (there.length) {
    window.seen.first ??= performance.now();
    const box = there[0].getBoundingClientRect();
    window.seen.inWindow ??= Math.max(0, Math.min(box.bottom, innerHeight) - box.top) / box.height;
  }
  if (there.length && there.length === pictures.length) window.seen.all ??= performance.now();
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit took.

    Attributes:
        cards_s: until the first card stood there, seconds.
        first_s: until the picture of the first one was there, seconds.
        all_s: until those of all cards in view were there, seconds.
        load_s: until the page's `load` event, seconds; of a photo's search: 0.
        in_window: share of the first picture that is seen without scrolling.
        kilobytes: everything that arrived, with pictures below the window that the browser fetches ahead, kB of 1,000.
        sent_kilobytes: the largest body that was sent, kB.
        requests: their number.
        shift: sum of the layout shifts.
        complaints: of the console.
    """

    cards_s: float
    first_s: float
    all_s: float
    load_s: float
    in_window: float
    kilobytes: float
    sent_kilobytes: float
    requests: int
    shift: float
    complaints: tuple[str, ...]


def visit_product(browser: Browser, shop: str, window: str, product_id: str) -> Visit:
    """Open a product's page with empty caches; times count from the start of the navigation."""
    with slow_tab(browser, *WINDOWS[window], _WATCH) as tab:
        tab.page.goto(f"{shop}/product?{urlencode({'id': product_id})}", wait_until="load")
        times = _seen(tab.page)
        tab.page.wait_for_load_state("networkidle")
        load_ms = tab.page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        return _visit(tab, times, load_s=load_ms / 1e3)


def search_photo(browser: Browser, shop: str, window: str, photo: Path) -> Visit:
    """Choose a photo in the open list of products; times count from the choice."""
    with slow_tab(browser, *WINDOWS[window], _WATCH) as tab:
        tab.page.goto(shop, wait_until="networkidle")
        before_bytes, before_requests = tab.total_bytes, tab.requests
        chooser = tab.page.locator("lookalike-camera input[type=file]").first
        chosen_at_ms = tab.page.evaluate("performance.now()")
        chooser.set_input_files(photo)
        times = _seen(tab.page)
        tab.page.wait_for_load_state("networkidle")
        return _visit(tab, times, from_s=chosen_at_ms / 1e3, bytes_before=before_bytes, requests_before=before_requests)


def worst(visits: Sequence[Visit], value: Callable[[Visit], float]) -> float:
    """The largest value."""
    return max(value(visit) for visit in visits)


def middle(visits: Sequence[Visit], value: Callable[[Visit], float]) -> float:
    """The median."""
    return statistics.median(value(visit) for visit in visits)


def _seen(page: Page) -> dict[str, float]:
    """The times that the page noted, when all are there.

    Raises:
        LaunchError: they are not within 20 seconds.
    """
    # By single questions: the page's security policy forbids what `wait_for_function` does.
    late_at = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < late_at:
        seen: dict[str, float] = page.evaluate("window.seen")
        if "all" in seen:
            return seen
        page.wait_for_timeout(_POLL_MS)
    raise LaunchError(f"no pictures of look-alikes came within {_TIMEOUT_S:.0f} s")


def _visit(
    tab: Tab,
    seen: Mapping[str, float],
    *,
    from_s: float = 0.0,
    load_s: float = 0.0,
    bytes_before: int = 0,
    requests_before: int = 0,
) -> Visit:
    return Visit(
        cards_s=seen["cards"] / 1e3 - from_s,
        first_s=seen["first"] / 1e3 - from_s,
        all_s=seen["all"] / 1e3 - from_s,
        load_s=load_s,
        in_window=seen["inWindow"],
        kilobytes=(tab.total_bytes - bytes_before) / 1e3,
        sent_kilobytes=max(tab.sent, default=0) / 1e3,
        requests=tab.requests - requests_before,
        shift=tab.shift(),
        complaints=tuple(tab.complaints),
    )
