"""Which service is asked, how, and with which key."""

import platform
import random
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2

from lookalike_client.call import Call, Encoded, Form
from lookalike_client.errors import LookalikeError, UnexpectedAnswer, Unreachable
from lookalike_client.feeds import FeedFile
from lookalike_client.item_paths import item_path
from lookalike_client.log_lines import hide_tokens
from lookalike_client.results.items import Item
from lookalike_client.retrying import Attempts, Deadline, Retries, timed_out
from lookalike_client.version import __version__

USER_AGENT: Final = f"lookalike-client/{__version__} python/{platform.python_version()}"
MOST_ANSWER_BYTES: Final = 64 * 1024 * 1024
_NOT_SENT: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Service:
    """A service and how patient its client is.

    Attributes:
        base_url: of the service, without a slash at its end.
        key: API key, or None; in no repr, message or log line.
        timeout_s: longest silence within a try, seconds.
        deadline_s: of a call with all its tries and waits, seconds.
        retries: when a call is sent again.
        shrink_to_px: longest side of photos that are sent; None: as they are.
        drawn: source of the random part of the waits.
    """

    base_url: str
    key: str | None = field(repr=False)
    timeout_s: float
    deadline_s: float
    retries: Retries
    shrink_to_px: int | None
    drawn: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("the base URL must be such as https://search.shop.example, without a query")
        if parts.username is not None:
            raise ValueError(
                "the base URL must not hold a user or password; pass key=, or a client of your own as http="
            )
        # Not shown, for a key is a secret also with a line break at its end.
        if self.key is not None and not (
            self.key.isascii() and self.key.isprintable() and self.key.strip() == self.key
        ):
            raise ValueError(
                "the key must be printable ASCII without spaces around it; is there a line break at its end?"
            )
        if not 0 < self.timeout_s < float("inf") or not 0 < self.deadline_s < float("inf"):
            raise ValueError("timeout_s and deadline_s must be positive numbers of seconds")
        hide_tokens()

    def attempts(self, call: Call[Any], deadline_s: float | None) -> Attempts:
        """The tries of a call that begins now."""
        within_s = self.deadline_s if deadline_s is None else deadline_s
        return Attempts(call, self.retries, Deadline(within_s), self.drawn)

    def request(self, call: Call[Any], within_s: float) -> dict[str, Any]:
        """The arguments of `httpx2.Client.build_request`; the content of a feed is left to the caller."""
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **call.headers}
        if self.key is not None:
            headers["X-API-Key"] = self.key
        arguments: dict[str, Any] = {}
        match call.body:
            case Form(fields, pictures):
                arguments["data"] = dict(fields)
                arguments["files"] = [("image", ("photo", picture, "application/octet-stream")) for picture in pictures]
            case Encoded(content, media_type):
                arguments["content"] = content
                headers["Content-Type"] = media_type
            case FeedFile(size=size, media_type=media_type):
                headers.update({"Content-Type": media_type, "Content-Length": str(size)})
        query = f"?{urlencode(call.query)}" if call.query else ""
        return {
            "method": call.method,
            "url": f"{self.base_url}{call.path}{query}",
            "headers": headers,
            "timeout": httpx2.Timeout(within_s),
            **arguments,
        }

    def picture_url(self, item: Item, width: int | None, key: str | None) -> str:
        """The absolute URL of an item's picture; only one of this service gets a width and a key."""
        url = urljoin(f"{self.base_url}/", item.image_url)
        asked = {name: value for name, value in (("width", width), ("key", key)) if value is not None}
        if not asked or not urlsplit(url).path.endswith(f"{item_path(item.id)}/image"):
            return url
        return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(asked)}"


def failure_of(error: httpx2.RequestError, within_s: float) -> LookalikeError:
    """What an error of the HTTP library means; it names no header."""
    sent = not isinstance(error, _NOT_SENT)
    if isinstance(error, httpx2.TimeoutException):
        return timed_out(within_s, sent=sent)
    if isinstance(error, httpx2.DecodingError):
        return UnexpectedAnswer("the answer is compressed in a way that cannot be read")
    what = "the connection to the service was cut" if sent else "the service cannot be reached"
    return Unreachable(f"{what}: {error or type(error).__name__}", sent)


def too_large() -> UnexpectedAnswer:
    """The failure of an answer without end."""
    return UnexpectedAnswer(f"the answer has over {MOST_ANSWER_BYTES // 1024**2} MiB")
