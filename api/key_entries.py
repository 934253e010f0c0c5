"""Entries of the settings that list API keys: a key or its hash, and for a browser's key the origin of a page."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

# Shorter ones can be guessed; longer ones are refused unread when they come with a request.
MIN_KEY_CHARACTERS: Final = 16
MAX_KEY_CHARACTERS: Final = 1024

_HASH: Final = "sha256:"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that requests may carry.

    Attributes:
        digest: its SHA-256; the key itself is not kept.
        origins: of the pages that may use it, in the form of `normal_origin`; None: the key is secret.
    """

    digest: bytes
    origins: frozenset[str] | None = None

    @property
    def is_publishable(self) -> bool:
        """Whether it may stand in a page."""
        return self.origins is not None


def split_keys(value: object) -> object:
    """The entries of a list, which is separated by commas or lines.

    Raises:
        ValueError: there are none.
    """
    if not isinstance(value, str):
        return value
    # In a file, a key a line is what a person writes.
    keys = tuple(key.strip() for key in re.split(r"[,\r\n]", value) if key.strip())
    if not keys:
        raise ValueError("it is set, but holds no key; give one, or remove the variable to serve without keys")
    return keys


def check_secret_keys(entries: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    """The entries, if each is a key or a hash.

    Raises:
        ValueError: one is not; the message never says a key.
    """
    for number, entry in enumerate(entries, start=1):
        _digest(entry.get_secret_value(), f"key {number} of {len(entries)}")
    return entries


def check_publishable_keys(entries: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    """The entries, if each is `key@origin`.

    Raises:
        ValueError: one is not; the message never says a key.
    """
    publishable_keys(entries)
    return entries


def secret_keys(entries: Iterable[SecretStr]) -> tuple[KnownKey, ...]:
    """The secret keys of checked entries, each once."""
    digests = [_digest(entry.get_secret_value(), "a key") for entry in entries]
    return tuple(KnownKey(digest) for digest in dict.fromkeys(digests))


def publishable_keys(entries: Iterable[SecretStr]) -> tuple[KnownKey, ...]:
    """The publishable keys of entries `key@origin`, each once, with all its origins.

    Raises:
        ValueError: an entry is not of this form; the message never says a key.
    """
    origins: dict[bytes, set[str]] = {}
    for number, entry in enumerate(entries, start=1):
        which = f"entry {number}"
        key, at, origin = entry.get_secret_value().rpartition("@")
        if not at:
            raise ValueError(
                f"{which} names no origin; write the key, an @ and the origin of the pages that use it, such as "
                "KEY@https://shop.example"
            )
        # Its place is in addresses, where other characters would have to be encoded.
        if not key.startswith(_HASH) and re.search(r"[^A-Za-z0-9._~-]", key):
            raise ValueError(f"the key of {which} may hold letters, digits and . _ ~ - only, because it stands in URLs")
        digest = _digest(key, f"the key of {which}")
        normal = normal_origin(origin)
        if normal is None:
            raise ValueError(
                f"the origin of {which}, {origin!r:.100}, is not one; give scheme, host and port only, such as "
                "https://shop.example (names with other letters as xn--...)"
            )
        origins.setdefault(digest, set()).add(normal)
    return tuple(KnownKey(digest, frozenset(of_key)) for digest, of_key in origins.items())


def normal_origin(origin: str) -> str | None:
    """An origin as browsers write it: small letters, without the scheme's own port; None if it is no origin."""
    lowered = origin.lower()
    try:
        parts = urlsplit(lowered)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.removesuffix(f":{port}") if port is not None else parts.netloc
    if parts.scheme not in _DEFAULT_PORTS or lowered != f"{parts.scheme}://{parts.netloc}" or not _HOST.fullmatch(host):
        return None
    return (
        f"{parts.scheme}://{host}"
        if port in {None, _DEFAULT_PORTS[parts.scheme]}
        else f"{parts.scheme}://{host}:{port}"
    )


def _digest(key: str, which: str) -> bytes:
    """The SHA-256 of a key that is given as it is, or as `sha256:` and 64 hexadecimal digits."""
    if key.startswith(_HASH):
        digits = key.removeprefix(_HASH)
        if not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
            raise ValueError(
                f"{which} begins with {_HASH}, but 64 hexadecimal digits do not follow; "
                "`printf %s KEY | sha256sum` prints them"
            )
        return bytes.fromhex(digits)
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise ValueError(f"{which} holds a space or another character that is not visible ASCII")
    if not MIN_KEY_CHARACTERS <= len(key) <= MAX_KEY_CHARACTERS:
        raise ValueError(
            f"{which} has {len(key)} characters; it needs {MIN_KEY_CHARACTERS} to {MAX_KEY_CHARACTERS}, such as "
            "those that `openssl rand -hex 32` prints"
        )
    return hashlib.sha256(key.encode()).digest()
