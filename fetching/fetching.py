"""Fetching a picture or a feed by its URL; see docs/pictures-and-urls.md for the rules."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from contracts.errors import UnreachableError
from fetching.deadline import Deadline
from fetching.dialing import Dialer
from fetching.exchange import Exchange
from fetching.rules import UrlRules
from fetching.validators import Validators, usable
from pictures.formats import formats_in_words, recognised
from storage.durable_files import UNFINISHED_PREFIX

_MOST_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED, _OK = 304, 200
# The longest beginning by which a format is recognised.
_SIGNATURE_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched.

    Attributes:
        data: its bytes; empty if they were written into a file.
        validators: to be given as `known` the next time.
    """

    data: bytes
    validators: Validators


@dataclass(frozen=True, slots=True)
class NotModified:
    """The file is still the one that is known."""


def fetch(
    url: str,
    rules: UrlRules,
    *,
    most_bytes: int,
    timeout_s: float,
    known: Validators | None = None,
    dialer: Dialer | None = None,
    is_abandoned: Callable[[], bool] = lambda: False,
) -> Fetched | NotModified:
    """Fetch a picture into memory.

    Args:
        url: as a client or a feed gave it.
        rules: from where something may be fetched.
        most_bytes: size of the largest one that is read, bytes.
        timeout_s: for everything together, redirects too, seconds.
        known: of the picture as it was fetched before; then the answer may be that nothing has changed.
        dialer: what connects, for tests.
        is_abandoned: asked about four times a second; whether to give up.

    Raises:
        UrlRefusedError: nothing is fetched from there, or from where it redirects.
        UnreachableError: no picture came; also if its first bytes are of no format in `pictures.formats`.
    """
    deadline = Deadline(timeout_s, is_abandoned)
    with _answered(url, rules, dialer or Dialer(), deadline, most_bytes, known) as answer:
        if answer is None:
            return NotModified()
        pieces, validators = answer
        return Fetched(_picture(pieces), validators)


def fetch_to_file(
    url: str,
    rules: UrlRules,
    path: Path,
    *,
    most_bytes: int,
    timeout_s: float,
    known: Validators | None = None,
    dialer: Dialer | None = None,
    is_abandoned: Callable[[], bool] = lambda: False,
) -> Fetched | NotModified:
    """Fetch a feed into a file, which is replaced when all of it is there; see `fetch`.

    Raises:
        UrlRefusedError, UnreachableError: as `fetch`, but the content may be anything.
        OSError: the file cannot be written.
    """
    deadline = Deadline(timeout_s, is_abandoned)
    unfinished = path.with_name(f"{UNFINISHED_PREFIX}{secrets.token_hex(6)}")
    with _answered(url, rules, dialer or Dialer(), deadline, most_bytes, known) as answer:
        if answer is None:
            return NotModified()
        pieces, validators = answer
        try:
            with unfinished.open("xb") as stream:
                for piece in pieces:
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    return Fetched(b"", validators)


@contextmanager
def _answered(
    url: str, rules: UrlRules, dialer: Dialer, deadline: Deadline, most_bytes: int, known: Validators | None
) -> Iterator[tuple[Iterator[bytes], Validators] | None]:
    """The body of the last answer by pieces; None if it is not modified. Each address on the way is checked in full."""
    for _ in range(_MOST_REDIRECTS + 1):
        target = rules.check(url)
        with dialer.dial(target, deadline) as connection:
            exchange = Exchange(connection, deadline)
            answer = exchange.ask(target, known)
            if answer.status not in _REDIRECTS:
                if answer.status == _NOT_MODIFIED and known is not None:
                    yield None
                    return
                _check(answer.status, answer.headers, most_bytes)
                validators = Validators(usable(answer.headers.get("etag")), usable(answer.headers.get("last-modified")))
                yield exchange.body(most_bytes), validators
                return
            url = urljoin(target.url, answer.headers.get("location", ""))
    raise UnreachableError(f"the address redirects more than {_MOST_REDIRECTS} times; give the one that it leads to")


def _check(status: int, headers: dict[str, str], most_bytes: int) -> None:
    if status != _OK:
        raise UnreachableError(f"the address answers with status {status}; give one that sends the file itself")
    if headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
        raise UnreachableError("the address sends a compressed answer though none was asked for; switch that off there")
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > most_bytes:
        raise UnreachableError(f"the address sends {int(length):,} bytes; at most {most_bytes:,} are read")


def _picture(pieces: Iterator[bytes]) -> bytes:
    data, is_known = bytearray(), False
    for piece in pieces:
        data += piece
        if not is_known and len(data) >= _SIGNATURE_BYTES:
            # Checked before megabytes of something else are read.
            _check_picture(data)
            is_known = True
    if not is_known:
        _check_picture(data)
    return bytes(data)


def _check_picture(data: bytearray) -> None:
    if recognised(bytes(data[:_SIGNATURE_BYTES])) is None:
        raise UnreachableError(
            f"what the address sends is no {formats_in_words()} picture, whatever its headers say; give the address of "
            "the picture itself"
        )
