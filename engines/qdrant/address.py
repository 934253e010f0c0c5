"""The address of a Qdrant server, checked, and shown without its API key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from contracts.errors import EngineError
from contracts.redis_url import address_without_password

SCHEMES: Final[Mapping[str, str]] = {"qdrant": "http", "qdrant+https": "https"}
_PORT: Final = 6333
_FORM: Final = "write qdrant://host:6333, or qdrant+https://host for an encrypted connection"
_ESCAPING: Final = "in an API key, write % as %25, @ as %40, / as %2F, : as %3A, # as %23 and ? as %3F"


@dataclass(frozen=True, slots=True)
class QdrantAddress:
    """A checked address.

    Attributes:
        url: of its HTTP interface.
        api_key: that it asks for; None: none.
        shown: for messages, without the key.
    """

    url: str
    api_key: str | None = field(repr=False)
    shown: str


def parse_qdrant_address(text: str) -> QdrantAddress:
    """Check an address; connects to nothing.

    Args:
        text: `qdrant://host:port` or `qdrant+https://host:port`; an API key stands in the place of a password,
            `qdrant+https://:KEY@host`.

    Raises:
        EngineError: it cannot be read; the message never says the key.
    """
    shown = address_without_password(text)
    scheme, _, rest = text.partition("://")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        # Its own message may quote the key.
        raise EngineError(f"the search engine's address {shown:.100} cannot be read; {_FORM}; {_ESCAPING}") from None
    if scheme not in SCHEMES or not host:
        raise EngineError(f"the search engine's address {shown:.100} names no host; {_FORM}")
    if "#" in rest or "?" in rest:
        raise EngineError(f"the search engine's address {shown:.100} ends with more than a path; {_FORM}; {_ESCAPING}")
    if parts.username and parts.password is None:
        raise EngineError(
            f"in the search engine's address {shown:.100}, a colon goes before the API key: qdrant://:KEY@host"
        )
    key = unquote(parts.password or "")
    if not key.isascii() or not key.isprintable():
        raise EngineError(
            f"the API key of the search engine {shown:.100} holds characters that no HTTP header has; copy it again"
        )
    where = f"[{host}]" if ":" in host else host
    url = f"{SCHEMES[scheme]}://{where}:{port or _PORT}{parts.path.rstrip('/')}"
    return QdrantAddress(url, key or None, shown)
