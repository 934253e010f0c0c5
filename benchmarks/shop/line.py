"""A tab of Chromium on a slow line, which counts bytes and hears errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, Page

# As a phone on a weak connection has it, and as Lighthouse slows its pages down.
LATENCY_MS: Final = 150
DOWN_BITS_PER_S: Final = 1_600_000
UP_BITS_PER_S: Final = 750_000

# Shifts that follow nobody's tap or key count, as in the Cumulative Layout Shift of search engines.
_WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
}).observe({ type: 'layout-shift', buffered: true });
"""


@dataclass
class Tab:
    """A page on a slow line.

    Attributes:
        page: of Playwright.
        kinds: of the requests so far by their id in the browser, such as `Image`.
        bytes: that arrived so far by kind, with heads, compressed as sent.
        sent: sizes of the bodies that were sent, bytes.
        complaints: errors and warnings of the console.
    """

    page: Page
    kinds: dict[str, str] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    sent: list[int] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def total_bytes(self) -> int:
        """Of everything that arrived."""
        return sum(self.bytes.values())

    @property
    def requests(self) -> int:
        """How many were made."""
        return len(self.kinds)

    def shift(self) -> float:
        """The sum of all layout shifts so far."""
        return float(self.page.evaluate("window.shifts.reduce((sum, value) => sum + value, 0)"))

    def note_request(self, event: dict[str, Any]) -> None:
        """A request was made; of CDP's `Network.requestWillBeSent`."""
        self.kinds[event["requestId"]] = event.get("type", "Other")

    def note_head(self, event: dict[str, Any]) -> None:
        """A request's head is as it was sent; of CDP's `Network.requestWillBeSentExtraInfo`."""
        heads = {name.lower(): value for name, value in event["headers"].items()}
        self.sent.append(int(heads.get("content-length", 0)))

    def note_bytes(self, event: dict[str, Any]) -> None:
        """An answer is whole; of CDP's `Network.loadingFinished`."""
        kind = self.kinds.get(event["requestId"], "Other")
        self.bytes[kind] = self.bytes.get(kind, 0) + int(event["encodedDataLength"])


@contextmanager
def slow_tab(browser: Browser, width: int, height: int, watch: str) -> Iterator[Tab]:
    """A fresh tab with empty caches.

    The latency is added before each answer. Connections are opened at full speed.

    Args:
        browser: to open it in.
        width, height: of its window, CSS pixels.
        watch: script that runs in each page before its own scripts.
    """
    phone = width < 600
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=2 if phone else 1, has_touch=phone
    )
    context.add_init_script(_WATCH + watch)
    tab = Tab(context.new_page())
    tab.page.on("console", lambda line: tab.complaints.append(line.text) if line.type in {"error", "warning"} else None)
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    network = context.new_cdp_session(tab.page)
    network.send("Network.enable")
    network.on("Network.requestWillBeSent", tab.note_request)
    network.on("Network.requestWillBeSentExtraInfo", tab.note_head)
    network.on("Network.loadingFinished", tab.note_bytes)
    speed = {"downloadThroughput": DOWN_BITS_PER_S / 8, "uploadThroughput": UP_BITS_PER_S / 8}
    network.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **speed})
    try:
        yield tab
    finally:
        context.close()
