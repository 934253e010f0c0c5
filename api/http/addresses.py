"""Pictures and feeds by their address."""

from typing import Final, Protocol

from api.http.problems import ServiceProblem
from contracts.errors import UnreachableError, UrlRefusedError
from fetching.rules import UrlRules

_NOTHING: Final = (
    "this service fetches nothing from this address (its operator lists hosts in LOOKALIKE_IMAGE_URL_HOSTS); fetch it "
    "yourself and send its bytes, of a picture as the part 'image' of a form or as 'image_base64'"
)


class Fetcher(Protocol):
    """Fetches pictures, outside of the process that answers requests."""

    async def fetch(self, url: str) -> bytes:
        """The bytes of a picture.

        Raises:
            UrlRefusedError: nothing is fetched from there.
            UnreachableError: no picture came.
        """
        ...


class Addresses:
    """Decides which addresses are fetched from, and has pictures fetched from them.

    Args:
        rules: which addresses may be fetched.
        fetcher: fetches them; None: nothing is fetched.
    """

    def __init__(self, rules: UrlRules, fetcher: Fetcher | None) -> None:
        self._rules = rules
        self._fetcher = fetcher if rules.hosts else None

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
        if self._fetcher is None:
            raise ServiceProblem("image_url_refused", _NOTHING)
        try:
            return await self._fetcher.fetch(url)
        except UrlRefusedError as error:
            raise ServiceProblem("image_url_refused", str(error)) from None
        except UnreachableError as error:
            raise ServiceProblem("image_unreachable", str(error)) from None
