"""A bucket of an object store, or a folder that is used like one.

Every call ends within seconds, and only so many run at once: a store that is slow or dead must not hold the threads
that answer requests. What the library says is never passed on, because it names addresses and signatures.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

import obstore
from obstore import exceptions
from obstore.store import LocalStore, S3Store

from contracts.errors import LaunchError, StoreUnavailableError
from contracts.object_urls import is_object_url
from storage.object_endpoint import endpoint_options
from storage.object_facts import ObjectChangedError, ObjectFacts, ObjectTakenError
from storage.object_names import bucket_and_prefix, is_object_name

if TYPE_CHECKING:
    from obstore import GetOptions, PutMode
    from obstore.store import ClientConfig, RetryConfig

_CONNECT_S, _REQUEST_S, _ALL_TRIES_S, _RETRIES = 2.0, 8.0, 10.0, 2
_PATIENT_S = 60.0
_MOST_CALLS = 16
_WAIT_S = 1.0
# A piece of a large object, so that each request ends within its time.
_PIECE_BYTES = 8 * 1024 * 1024
_ODD_NAME: Final = re.compile(r'Path "(.*?)"', re.DOTALL)
_FIX = "check its address, the AWS_* variables and the network"


class ObjectStore:
    """Objects by their names: segments of letters, digits, `.`, `_` and `-`, separated by `/`.

    Args:
        store: of the library.
        shown: its URL or path, as messages show it.
        any_name: whether segments may have other characters too, except control characters.
        wait_s: how long a call waits for its turn.
    """

    def __init__(
        self, store: S3Store | LocalStore, shown: str, *, any_name: bool = False, wait_s: float = _WAIT_S
    ) -> None:
        self._store = store
        self._shown = shown
        self._any_name = any_name
        self._wait_s = wait_s
        self._calls = BoundedSemaphore(_MOST_CALLS)

    def __str__(self) -> str:
        return self._shown

    def put(self, name: str, data: bytes) -> None:
        """Write an object, whole or not at all.

        Raises:
            StoreUnavailableError: it cannot be written.
        """
        with self._call("written"):
            obstore.put(self._store, self._checked(name), data, use_multipart=False)

    def put_new(self, name: str, data: bytes) -> None:
        """Write an object that is not there yet, whole or not at all.

        Raises:
            ObjectTakenError: it is there already.
            StoreUnavailableError: it cannot be written.
        """
        self._put_if(name, data, "create")

    def put_instead(self, name: str, data: bytes, facts: ObjectFacts) -> None:
        """Write an object in place of the one with some facts.

        Raises:
            ObjectTakenError: there is another one meanwhile, or none.
            StoreUnavailableError: it cannot be written, or has no ETag.
        """
        if facts.etag is None:
            raise StoreUnavailableError(f"{self._shown} gives objects no ETag, so nothing is replaced in it")
        self._put_if(name, data, {"e_tag": facts.etag})

    def _put_if(self, name: str, data: bytes, mode: "PutMode") -> None:
        with self._call("written"):
            try:
                obstore.put(self._store, self._checked(name), data, mode=mode, use_multipart=False)
            except (exceptions.AlreadyExistsError, exceptions.PreconditionError, FileNotFoundError):
                raise ObjectTakenError(f"{name} in {self._shown} was written by another process meanwhile") from None
            except (exceptions.NotSupportedError, NotImplementedError):
                # A folder has no conditions. It is used by few, who can look.
                obstore.put(self._store, self._checked(name), data, use_multipart=False)

    def put_file(self, name: str, path: Path) -> None:
        """Write an object of any size from a file.

        Raises:
            StoreUnavailableError: it cannot be written.
            OSError: the file cannot be read.
        """
        # Opened here, so that what is wrong with the file is not taken for an error of the store.
        with path.open("rb") as stream, self._call("written"):
            obstore.put(self._store, self._checked(name), stream, chunk_size=_PIECE_BYTES, max_concurrency=2)

    def facts(self, name: str) -> ObjectFacts | None:
        """Size and ETag of an object; None if there is none.

        Raises:
            StoreUnavailableError: the store cannot be asked.
        """
        with self._call("read"):
            try:
                meta = obstore.head(self._store, self._checked(name))
            except FileNotFoundError:
                return None
            return ObjectFacts(meta["size"], meta["e_tag"])

    def get(self, name: str, *, most_bytes: int, facts: ObjectFacts | None = None) -> bytes | None:
        """The content of an object; None if there is none.

        Args:
            name: of the object.
            most_bytes: that it may have.
            facts: what the store said of it before; None: it is read as it is now.

        Raises:
            ObjectChangedError: it is larger than `most_bytes`, of which no more is read, or there are other facts now.
            StoreUnavailableError: it cannot be read.
        """
        options: GetOptions = {} if facts is None or facts.etag is None else {"if_match": facts.etag}
        with self._call("read"):
            try:
                result = obstore.get(self._store, self._checked(name), options=options)
            except FileNotFoundError:
                return None
            except exceptions.PreconditionError:
                raise ObjectChangedError(self._changed(name)) from None
            if facts is not None and result.meta["size"] != facts.bytes:
                raise ObjectChangedError(self._changed(name))
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
                    result = obstore.get(self._store, self._checked(name), options=options)
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
                obstore.delete(self._store, self._checked(name))
            except FileNotFoundError:
                return

    def names(self, below: str | None = None) -> Iterator[str]:
        """The names of all objects, in no particular order.

        Args:
            below: whole segments that names must begin with.

        Raises:
            StoreUnavailableError: they cannot be listed.
        """
        return (name for name, _ in self.listed(below))

    def listed(self, below: str | None = None) -> Iterator[tuple[str, ObjectFacts]]:
        """Name and facts of every object, in no particular order; what stands for an empty folder is passed over.

        Args:
            below: whole segments that names must begin with.

        Raises:
            StoreUnavailableError: they cannot be listed.
        """
        prefix = None if below is None else self._checked(below)
        with self._call("listed"):
            listing = iter(obstore.list(self._store, prefix, chunk_size=1000))
        while True:
            with self._call("listed"):
                page = next(listing, None)
            if page is None:
                return
            yield from ((meta["path"], ObjectFacts(meta["size"], meta["e_tag"])) for meta in page if meta["path"])

    @contextmanager
    def _call(self, done: str) -> Iterator[None]:
        if not self._calls.acquire(timeout=self._wait_s):
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
        except exceptions.InvalidPathError as error:
            named = _ODD_NAME.search(str(error))
            raise StoreUnavailableError(
                f"{self._shown} cannot be {done}: the name {named[1] if named else '?'!r:.200} of an object in it has "
                "an empty segment, '.', '..' or a control character; rename or remove the object"
            ) from None
        except (exceptions.BaseError, OSError, ValueError):
            # Without the cause, which may show a signed address.
            raise StoreUnavailableError(f"{self._shown} cannot be {done} now; {_FIX}") from None
        finally:
            self._calls.release()

    def _checked(self, name: str) -> str:
        if not is_object_name(name, any_name=self._any_name):
            raise StoreUnavailableError(f"{name!r:.100} is no name of an object; nothing was read or written")
        return name

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


def open_object_store(location: str | Path, *, for_bundles: bool = False, any_name: bool = False) -> ObjectStore:
    """Open a bucket by `s3://bucket/prefix`, or a folder by its path; nothing is asked of it yet.

    Credentials, region and endpoint of a bucket come from the usual variables, see `docs/object-stores.md`.

    Args:
        location: URL or path.
        for_bundles: whether nobody waits for the calls, so that each may take longer.
        any_name: whether names may have any characters, such as those of a catalogue's pictures.

    Raises:
        LaunchError: the URL is of another kind, or the folder cannot be made; the URL is not repeated, because a
            password may stand in it.
    """
    if not is_object_url(location):
        folder = Path(location).absolute()
        try:
            return ObjectStore(LocalStore(folder, mkdir=True), str(folder), any_name=any_name)
        except (exceptions.BaseError, OSError, ValueError):
            raise LaunchError(f"{folder} is no folder and cannot be made one; name another, or grant access") from None
    named = bucket_and_prefix(location, any_name=any_name)
    if named is None:
        raise LaunchError(
            "the URL of an object store must be s3://BUCKET or s3://BUCKET/PREFIX, with letters, digits, '.', '_' and "
            "'-' only; credentials and endpoint are given by AWS_* variables, see docs/object-stores.md"
        )
    client: ClientConfig = {
        "connect_timeout": timedelta(seconds=_CONNECT_S),
        "timeout": timedelta(seconds=_PATIENT_S if for_bundles else _REQUEST_S),
        **endpoint_options(),
    }
    retry: RetryConfig = {
        "max_retries": _RETRIES,
        "retry_timeout": timedelta(seconds=_PATIENT_S if for_bundles else _ALL_TRIES_S),
    }
    try:
        store = S3Store(
            named[0],
            prefix=named[1] or None,
            # Not every store that is like S3 can remove several objects at once.
            config={"disable_bulk_delete": True},
            client_options=client,
            retry_config=retry,
        )
    except (exceptions.BaseError, ValueError):
        raise LaunchError(f"{location} cannot be opened: one of the AWS_* variables is invalid; correct it") from None
    wait_s = _PATIENT_S if for_bundles else _WAIT_S
    return ObjectStore(store, location.rstrip("/"), any_name=any_name, wait_s=wait_s)
