"""Fetches pictures by URL into a folder, and later only those that changed."""

import hashlib
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.errors import UnreachableError, UrlRefusedError
from contracts.progress import ProgressBar, silent
from fetching.dialing import Dialer
from fetching.fetching import NotModified, fetch
from fetching.rules import UrlRules
from fetching.validators import Validators
from pictures.header import MAX_PICTURE_BYTES
from storage.durable_files import replace_file

VALIDATORS_FILE: Final = "fetched.jsonl"
# All of them may go to one host, which also serves the shop's customers.
_CONNECTIONS: Final = 6
_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a URL.

    Attributes:
        image: path of the picture below the folder.
        problem: why there is none, or None.
    """

    image: str
    problem: str | None = None


def fetch_pictures(
    urls: Sequence[str],
    folder: Path,
    rules: UrlRules,
    *,
    progress: ProgressBar = silent,
    dialer: Dialer | None = None,
) -> dict[str, Outcome]:
    """Fetch pictures; a run that was killed continues, and a picture that is still the same is not sent again.

    A file's name is the SHA-256 of its URL. What servers said about each is appended to `fetched.jsonl`.

    Args:
        urls: distinct ones.
        folder: made if missing.
        rules: from where pictures may be fetched.
        progress: opens a bar.
        dialer: what connects, for tests.

    Returns:
        The outcome of each URL.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _Cache(folder) as cache, progress("Fetching", "picture") as shown:
        pool = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="fetch")
        try:
            outcomes = {}
            for done, (url, outcome) in enumerate(
                zip(urls, pool.map(lambda url: _fetch(url, rules, cache, dialer), urls), strict=True), 1
            ):
                outcomes[url] = outcome
                shown(done, len(urls))
        finally:
            pool.shutdown(cancel_futures=True)
    return outcomes


def _fetch(url: str, rules: UrlRules, cache: "_Cache", dialer: Dialer | None) -> Outcome:
    key = hashlib.sha256(url.encode()).hexdigest()
    image = f"{key[:2]}/{key}"
    try:
        fetched = fetch(
            url, rules, most_bytes=MAX_PICTURE_BYTES, timeout_s=_TIMEOUT_S, known=cache.known(key, image), dialer=dialer
        )
    except (UrlRefusedError, UnreachableError) as error:
        return Outcome(image, str(error))
    if not isinstance(fetched, NotModified):
        cache.keep(key, image, fetched.data, fetched.validators)
    return Outcome(image)


class _Cache:
    """The folder of pictures; use as a context manager. Its methods may be called from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known = _read_validators(folder / VALIDATORS_FILE)

    def __enter__(self) -> "_Cache":
        # Written again, so that pictures which changed often do not make it grow for ever.
        lines = [_line(key, validators) for key, validators in self._known.items()]
        replace_file(self._folder / VALIDATORS_FILE, "".join(lines).encode())
        self._stream = (self._folder / VALIDATORS_FILE).open("a", encoding="ascii")
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def known(self, key: str, image: str) -> Validators | None:
        """What the server said about a picture that is there."""
        validators = self._known.get(key)
        return validators if validators is not None and (self._folder / image).is_file() else None

    def keep(self, key: str, image: str, data: bytes, validators: Validators) -> None:
        """Write a picture, and then what the server said about it."""
        path = self._folder / image
        path.parent.mkdir(exist_ok=True)
        # What is known belongs to the picture before; if this run ends in between, it must be fetched again.
        with self._lock:
            if self._known.pop(key, None) is not None:
                self._stream.write(_line(key, Validators(None, None)))
                self._stream.flush()
        replace_file(path, data)
        if validators.etag or validators.last_modified:
            with self._lock:
                self._known[key] = validators
                self._stream.write(_line(key, validators))
                self._stream.flush()


def _line(key: str, validators: Validators) -> str:
    return json.dumps([key, validators.etag, validators.last_modified]) + "\n"


def _read_validators(path: Path) -> dict[str, Validators]:
    known: dict[str, Validators] = {}
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return known
    for line in lines:
        try:
            key, etag, last_modified = json.loads(line)
        except (TypeError, ValueError):
            # A run was killed while it wrote; the picture is fetched again.
            continue
        known[key] = Validators(etag, last_modified)
    return {key: validators for key, validators in known.items() if validators.etag or validators.last_modified}
