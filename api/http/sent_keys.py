"""The API keys that a request carries."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from starlette.types import Scope

# What may spell the parameter `key`, as it is or percent-encoded; hardly any other query string matches.
_MAY_HOLD_KEY: Final = re.compile(rb"key|%6b|%65|%79", re.IGNORECASE)
_NAME: Final = "key"


@dataclass(frozen=True, slots=True)
class SentKeys:
    """The keys of one request, not checked.

    Attributes:
        in_header: those of X-API-Key.
        as_bearer: those of Authorization; they may be meant for somebody else.
        in_query: those of the parameter `key`.
    """

    in_header: tuple[bytes, ...] = ()
    as_bearer: tuple[bytes, ...] = ()
    in_query: tuple[bytes, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.in_header or self.as_bearer or self.in_query)

    @property
    def explicit(self) -> tuple[bytes, ...]:
        """The keys that are meant for this service and nobody else."""
        return self.in_header + self.in_query

    @property
    def deciding(self) -> bytes | None:
        """The key that decides; None if there is none, or if several contradict each other."""
        explicit = self.explicit
        if len(explicit) == 1:
            return explicit[0]
        if explicit:
            return explicit[0] if len(self.in_header) == 1 and len(set(explicit)) == 1 else None
        return self.as_bearer[0] if len(self.as_bearer) == 1 else None


def keys_in_headers(scope: Scope) -> SentKeys:
    """The keys in a request's headers."""
    in_header, as_bearer = [], []
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            in_header.append(bytes(value).strip())
        elif name == b"authorization" and value[:7].lower() == b"bearer ":
            as_bearer.append(bytes(value[7:]).strip())
    return SentKeys(tuple(in_header), tuple(as_bearer))


def take_from_query(scope: Scope) -> tuple[bytes, ...]:
    """Take the parameter `key` out of a request's query string, for nothing behind this may see a key.

    Returns:
        Its values.
    """
    query_string: bytes = scope["query_string"]
    if not query_string or not _MAY_HOLD_KEY.search(query_string):
        return ()
    keys, others = [], []
    for pair in query_string.split(b"&"):
        name, _, value = pair.partition(b"=")
        # As `parse_qsl` reads it, which reads all other parameters.
        if unquote_plus(name.decode("latin-1")) == _NAME:
            keys.append(unquote_plus(value.decode("latin-1")).encode())
        else:
            others.append(pair)
    if keys:
        scope["query_string"] = b"&".join(others)
    return tuple(keys)
