"""How long clients and caches may keep answers about items, and for whom."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.cache_control_setting import for_one_client
from api.http.answers import JSON_MEDIA_TYPE
from api.http.conditional import KnownTags

_VARY: Final = "Accept-Encoding"
_BY_KEY: Final = f"{_VARY}, X-API-Key, Authorization"
_PRIVATE: Final = "private"
# Of an answer that is another one each time.
_NOT_AT_ALL: Final = "no-store"


@dataclass(frozen=True, slots=True)
class CacheRules:
    """The header fields of all answers about items.

    Attributes:
        cache_control: empty: the field is not sent.
        vary: what the answer depends on besides the URL.
    """

    cache_control: str
    vary: str

    @classmethod
    def of(cls, cache_control: str, *, by_key: bool) -> "CacheRules":
        """The rules of an application.

        Args:
            cache_control: the setting.
            by_key: whether a key is needed.
        """
        if not by_key:
            return cls(cache_control, _VARY)
        # A cache that many share must not give one client what another's key has opened.
        return cls(for_one_client(cache_control) or _PRIVATE, _BY_KEY)

    @property
    def raw(self) -> tuple[tuple[bytes, bytes], ...]:
        """The fields in ASGI's form."""
        named = (("cache-control", self.cache_control), ("vary", self.vary))
        return tuple((name.encode("ascii"), value.encode("ascii")) for name, value in named if value)

    def response(self, request: Request, etag: str, body: Callable[[], bytes], *, lasting: bool = True) -> Response:
        """The answer to a request, or 304 if its client has it.

        Args:
            request: a GET.
            etag: of the answer, without a coding.
            body: makes the JSON.
            lasting: whether the same URL is answered the same again.
        """
        cache_control = self.cache_control if lasting else _NOT_AT_ALL
        headers = {"ETag": etag, "Vary": self.vary}
        if cache_control:
            headers["Cache-Control"] = cache_control
        if etag in KnownTags(request):
            return Response(status_code=304, headers=headers)
        return Response(body(), media_type=JSON_MEDIA_TYPE, headers=headers)
