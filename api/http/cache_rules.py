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
# An answer differs for who has no key, or another one.
_VARY_BY_KEY: Final = f"{_VARY}, Authorization, X-API-Key"
# Of an answer that is another one each time.
_NOT_AT_ALL: Final = "no-store"


@dataclass(frozen=True, slots=True)
class CacheRules:
    """The header fields of all answers about items.

    Attributes:
        cache_control: empty: the field is not sent.
        vary: fields of the request that make another answer.
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
        if by_key:
            return cls(for_one_client(cache_control), _VARY_BY_KEY)
        return cls(cache_control, _VARY)

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
