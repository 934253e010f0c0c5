"""A bucket of an object store, or a folder that is used like one.

Every call ends within seconds, and only so many run at once: a store that is slow or dead must not hold the threads
that answer requests. What the library says is never passed on, because it names addresses and signatures.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

import obstore
from obstore import exceptions
from obstore.store import LocalStore, S3Store

from contracts.errors import LaunchError, StoreUnavailableError

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ClientConfig, RetryConfig

_URL: Final = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[^?#]*))?", re.ASCII)
_SEGMENT: Final = re.compile(r"(?!\.{1,2}(/|$))[A-Za-z0-9._-]+", re.ASCII)
_CONNECT_S, _REQUEST_S, _ALL_TRIES_S, _RETRIES = 2.0, 8.0, 10.0, 2
_PATIENT_S = 60.0
_MOST_CALLS = 16
_WAIT_S = 1.0
# A piece of a large object, so that each request ends within its time.
_PIECE_BYTES = 8 * 1024 * 1024
_FIX = "check its address, the AWS_* variables and the network"


class ObjectChangedError(StoreUnavailableError):
    """An object was replaced while it was read, or it is not of the size that it should have."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What a store says of an object.

    Attributes:
        bytes: its size.
        etag: changes whenever the content does; None if the store has none.
    """

    bytes: int
    etag: str | None


class ObjectStore:
    """Objects by their names: segments of letters, digits, `.`, `_` and `-`, separated by `/`."""

    def __init__(self, store: S3Store | LocalStore, shown: str) -> None:
        self._store = store
        self._shown = shown
        self._calls = BoundedSemaphore(_MOST_CALLS)

    def __str__(self) -> str:
        return self._shown

    def put(self, name: str, data: bytes) -> None:
        """Write an object, whole or not at all.

        Raises:
            StoreUnavailableError: it cannot be written.
        """
        with self._call("written"):
            obstore.put(self._store, _checked(name), data, use_multipart=False)

    def create(self, name: str, data: bytes) -> bool:
        """Write an object that is not there yet, whole or not at all; False if there is one, which stays as it is.

        Raises:
            StoreUnavailableError: it cannot be written.
        """
        with self._call("written"):
            try:
                obstore.put(self._store, _checked(name), data, use_multipart=False, mode="create")
            except exceptions.AlreadyExistsError:
                return False
            return True

    def put_file(self, name: str, path: Path) -> None:
        """Write an object of any size from a file.

        Raises:
            StoreUnavailableError: it cannot be written.
            OSError: the file cannot be read.
        """
        # Opened here, so that what is wrong with the file is not taken for an error of the store.
        with path.open("rb") as stream, self._call("written"):
            obstore.put(self._store, _checked(name), stream, chunk_size=_PIECE_BYTES, max_concurrency=2)

    def facts(self, name: str) -> ObjectFacts | None:
        """Size and ETag of an object; None if there is none.

        Raises:
            StoreUnavailableError: the store cannot be asked.
        """
        with self._call("read"):
            try:
                meta = obstore.head(self._store, _checked(name))
            except FileNotFoundError:
                return None
            return ObjectFacts(meta["size"], meta["e_tag"])

    def get(self, name: str, *, most_bytes: int) -> bytes | None:
        """The content of an object; None if there is none.

        Raises:
            ObjectChangedError: it is larger than `most_bytes`; no more than that is read.
            StoreUnavailableError: it cannot be read.
        """
        with self._call("read"):
            try:
                result = obstore.get(self._store, _checked(name))
            except FileNotFoundError:
                return None
            if result.meta["size"] > most_bytes:
                raise ObjectChangedError(self._too_large(name, most_bytes))
            return b"".join(self._pieces(result.stream(min_chunk_size=64 * 1024), name, most_bytes))

    def pieces(self, name: str, facts: ObjectFacts) -> Iterator[bytes]:
        """The content of an object of any size, by pieces, as it was when its facts were asked for.

        Raises:
            ObjectChangedError: it was replaced meanwhile, or has another size.
            StoreUnavailableError: it cannot be read.
        """
        for start in range(0, facts.bytes, _PIECE_BYTES):
            end = min(start + _PIECE_BYTES, facts.bytes)
            options: GetOptions = {"range": (start, end)}
            if facts.etag is not None:
                options["if_match"] = facts.etag
            with self._call("read"):
                try:
                    result = obstore.get(self._store, _checked(name), options=options)
                    piece = b"".join(self._pieces(result.stream(min_chunk_size=1024 * 1024), name, end - start))
                except (FileNotFoundError, exceptions.PreconditionError):
                    raise ObjectChangedError(self._changed(name)) from None
            if len(piece) != end - start or result.meta["size"] != facts.bytes:
                raise ObjectChangedError(self._changed(name))
            yield piece

    def delete(self, name: str) -> None:
        """Remove an object; nothing happens if there is none.

        Raises:
            StoreUnavailableError: it cannot be removed.
        """
        with self._call("written"):
            try:
                obstore.delete(self._store, _checked(name))
            except FileNotFoundError:
                return

    def names(self, below: str | None = None) -> Iterator[str]:
        """The names of all objects, in no particular order.

        Args:
            below: whole segments that names must begin with.

        Raises:
            StoreUnavailableError: they cannot be listed.
        """
        with self._call("read"):
            listing = iter(obstore.list(self._store, None if below is None else _checked(below), chunk_size=1000))
        while True:
            with self._call("read"):
                page = next(listing, None)
            if page is None:
                return
            yield from (meta["path"] for meta in page)

    @contextmanager
    def _call(self, done: str) -> Iterator[None]:
        if not self._calls.acquire(timeout=_WAIT_S):
            raise StoreUnavailableError(
                f"{self._shown} is slow: {_MOST_CALLS} calls wait for it already; try again in some seconds"
            )
        try:
            yield
        except StoreUnavailableError:
            raise
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
            raise StoreUnavailableError(
                f"{self._shown} refuses these credentials; check the AWS_* variables and what the bucket allows"
            ) from None
        except (exceptions.BaseError, OSError, ValueError):
            # Without the cause, which may show a signed address.
            raise StoreUnavailableError(f"{self._shown} cannot be {done} now; {_FIX}") from None
        finally:
            self._calls.release()

    def _pieces(self, stream: Iterator[bytes], name: str, most_bytes: int) -> Iterator[bytes]:
        read = 0
        for piece in stream:
            read += len(piece)
            if read > most_bytes:
                raise ObjectChangedError(self._too_large(name, most_bytes))
            yield piece

    def _too_large(self, name: str, most_bytes: int) -> str:
        return f"{name} in {self._shown} has over {most_bytes:,} bytes; whoever wrote it must write it again"

    def _changed(self, name: str) -> str:
        return f"{name} in {self._shown} changed while it was read; this is tried again"


def open_object_store(location: str | Path, *, for_bundles: bool = False) -> ObjectStore:
    """Open a bucket by `s3://bucket/prefix`, or a folder by its path; nothing is asked of it yet.

    Credentials, region and endpoint of a bucket come from the usual variables: AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL. An endpoint that begins with http:// is used
    without encryption.

    Args:
        location: URL or path.
        for_bundles: whether large objects are read and written, by calls that nobody waits for; each may take longer.

    Raises:
        LaunchError: the URL is of another kind, or the folder cannot be made; the URL is not repeated, because a
            password may stand in it.
    """
    if not is_object_url(location):
        folder = Path(location).absolute()
        try:
            return ObjectStore(LocalStore(folder, mkdir=True), str(folder))
        except (exceptions.BaseError, OSError, ValueError):
            raise LaunchError(f"{folder} is no folder and cannot be made one; name another, or grant access") from None
    parsed = _URL.fullmatch(str(location))
    prefix = (parsed["prefix"] or "").strip("/") if parsed else ""
    if parsed is None or (prefix and not _is_name(prefix)):
        raise LaunchError(
            "the URL of an object store must be s3://BUCKET or s3://BUCKET/PREFIX, with letters, digits, '.', '_' and "
            "'-' only; credentials and endpoint are given by the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
            "AWS_REGION and AWS_ENDPOINT_URL"
        )
    client: ClientConfig = {
        "connect_timeout": timedelta(seconds=_CONNECT_S),
        "timeout": timedelta(seconds=_PATIENT_S if for_bundles else _REQUEST_S),
        "allow_http": os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"),
    }
    retry: RetryConfig = {
        "max_retries": _RETRIES,
        "retry_timeout": timedelta(seconds=_PATIENT_S if for_bundles else _ALL_TRIES_S),
    }
    try:
        store = S3Store(
            parsed["bucket"],
            prefix=prefix or None,
            # Not every store that is like S3 can remove several objects at once.
            config={"disable_bulk_delete": True},
            client_options=client,
            retry_config=retry,
        )
    except (exceptions.BaseError, ValueError):
        raise LaunchError(f"{location} cannot be opened: one of the AWS_* variables is invalid; correct it") from None
    return ObjectStore(store, str(location))


def is_object_url(location: str | Path) -> bool:
    """Whether a location is a URL, and not the path of a folder."""
    return isinstance(location, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", location) is not None


def _is_name(name: str) -> bool:
    return all(_SEGMENT.fullmatch(segment) for segment in name.split("/"))


def _checked(name: str) -> str:
    if not _is_name(name):
        raise StoreUnavailableError(f"{name!r:.100} is no name of an object; nothing was read or written")
    return name
