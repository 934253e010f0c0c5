"""What a request to import a feed asks for."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal

from starlette.datastructures import Headers

from api.http.body import check_not_packed
from api.http.json_body import parse_json
from api.http.multipart import media_type
from api.http.names import UnknownName
from api.http.problems import ServiceProblem

ImportMode = Literal["upsert", "replace", "delete"]
MODES: Final[tuple[ImportMode, ...]] = ("upsert", "replace", "delete")
# As the room `feeds` calls them; the API does not read feeds itself.
FORMATS: Final = ("csv", "ndjson", "google-xml", "google-tsv", "shopify-csv")
URL: Final = "url"
JSON: Final = "application/json"
# CSV may be Shopify's or a plain one, which its columns tell.
FEED_TYPES: Final[dict[str, str | None]] = {
    "text/csv": None,
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/xml": "google-xml",
    "text/xml": "google-xml",
    "application/rss+xml": "google-xml",
    "application/atom+xml": "google-xml",
    "text/tab-separated-values": "google-tsv",
}
_KEY: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?", re.ASCII)
_MOST_URL_CHARACTERS: Final = 2048


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """An import, without its feed.

    Attributes:
        kind: media type of the body.
        format: name of the feed's format; None: recognised by content.
        mode: what happens with its rows.
        max_removed: share of the items that `replace` may remove.
        key: the Idempotency-Key, or None.
    """

    kind: str
    format: str | None
    mode: ImportMode
    max_removed: float
    key: str | None

    @classmethod
    def of(cls, headers: Headers, values: dict[str, object]) -> "ImportRequest":
        """Read head and query string.

        Raises:
            ServiceProblem: `unsupported_media_type` or `invalid_parameter`.
        """
        kind = media_type(headers.get("content-type"))
        if kind != JSON and kind not in FEED_TYPES:
            raise ServiceProblem(
                "unsupported_media_type",
                f"the body must be a feed with one of the Content-Types {', '.join(FEED_TYPES)}, or {JSON} "
                f'{{"{URL}": "https://..."}}; not {kind or "of no type"!r:.100}',
            )
        check_not_packed(headers)
        mode, share, named = values["mode"], values["max_removed"], values["format"]
        if mode not in MODES or not isinstance(share, float) or not (named is None or isinstance(named, str)):
            raise TypeError("the route has not read its parameters")
        return cls(kind, named or FEED_TYPES.get(kind), mode, share, _key(headers))

    def digest(self, body: bytes) -> bytes:
        """What tells whether a key is used for the same import again: 32 bytes.

        Args:
            body: SHA-256 of the feed, or the URL.
        """
        asked = f"{self.kind}\n{self.format}\n{self.mode}\n{self.max_removed!r}\n".encode()
        return hashlib.sha256(asked + body).digest()


def read_url(body: bytearray) -> str:
    """The address in a JSON body.

    Raises:
        UnknownName: the object has another member.
        ServiceProblem: `invalid_parameter`.
    """
    sent = parse_json(body, max_marks=100)
    if not isinstance(sent, dict):
        raise ServiceProblem("invalid_parameter", f'the body must be a JSON object, {{"{URL}": "https://..."}}')
    for name in sent:
        if name != URL:
            raise UnknownName(name, "JSON body")
    url = sent.get(URL)
    if not isinstance(url, str) or not 1 <= len(url) <= _MOST_URL_CHARACTERS:
        raise ServiceProblem(
            "invalid_parameter", f"'{URL}' must be the address of a feed, a string of at most 2,048 characters"
        )
    return url


def _key(headers: Headers) -> str | None:
    keys = headers.getlist("idempotency-key")
    if not keys:
        return None
    # Some clients quote it, as a draft of the standard says.
    key = keys[0].strip().removeprefix('"').removesuffix('"')
    if len(keys) > 1 or not _KEY.fullmatch(key):
        raise ServiceProblem(
            "invalid_parameter", "Idempotency-Key must be given once, with 1 to 255 visible ASCII characters"
        )
    return key
