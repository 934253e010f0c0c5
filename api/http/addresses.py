"""Pictures and feeds by their address."""

from typing import Final

from api.http.problems import ServiceProblem
from contracts.errors import UnreachableError, UrlRefusedError
from fetching.fetcher_process import FetcherProcess
from fetching.fetching import NotModified
from fetching.rules import UrlRules

_NOTHING: Final = (
    "this service fetches nothing from this address (its operator lists hosts in LOOKALIKE_IMAGE_URL_HOSTS); fetch it "
    "yourself and send its bytes, of a picture as the part 'image' of a form or as 'image_base64'"
)

# Whoever sends an address waits for it.
_TIMEOUT_S: Final = 8.0


class Addresses:
    """Decides which addresses are fetched from, and has pictures fetched from them.

    Args:
        rules: which addresses may be fetched.
        most_bytes: size of the largest picture, bytes.
        fetcher: fetches by these rules; None starts one when it is needed.
    """

    def __init__(self, rules: UrlRules, *, most_bytes: int, fetcher: FetcherProcess | None = None) -> None:
        self._rules = rules
        self._most_bytes = most_bytes
        self._fetcher = fetcher or FetcherProcess(rules)

    async def close(self) -> None:
        """End the process that fetches, if it runs."""
        await self._fetcher.close()

    def check(self, url: str) -> None:
        """Refuse an address that nothing is fetched from, as far as the address itself tells.

        Raises:
            ServiceProblem: `image_url_refused`.
        """
        if not self._rules.hosts:
            raise ServiceProblem("image_url_refused", _NOTHING)
        try:
            self._rules.check(url)
        except UrlRefusedError as error:
            raise ServiceProblem("image_url_refused", str(error)) from None

    async def picture(self, url: str) -> bytes:
        """The bytes of a picture; whether it can be used is not checked.

        Raises:
            ServiceProblem: `image_url_refused` or `image_unreachable`.
        """
        self.check(url)
        try:
            fetched = await self._fetcher.fetch(url, most_bytes=self._most_bytes, timeout_s=_TIMEOUT_S)
        except UrlRefusedError as error:
            raise ServiceProblem("image_url_refused", str(error)) from None
        except UnreachableError as error:
            raise ServiceProblem("image_unreachable", str(error)) from None
        if isinstance(fetched, NotModified):
            raise ServiceProblem("image_unreachable", "the address sends no picture, but says that it is the same")
        return fetched.data
