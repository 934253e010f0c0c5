"""The pictures of a catalogue in an object store."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Container
from typing import Final

from api.http.problems import ServiceProblem
from contracts.errors import StoreUnavailableError
from index.query import ItemRecord
from pictures.header import MAX_PICTURE_BYTES
from storage.object_facts import ObjectChangedError, ObjectFacts
from storage.object_names import is_object_name
from storage.object_store import ObjectStore

# How long a picture that was replaced may still be taken for the one before, by its thumbnails and ETag.
_FRESH_S: Final = 30.0
_MOST_REMEMBERED: Final = 20_000


class ObjectPictures:
    """Reads pictures as they were when the store was last asked for their ETags; may be used by several threads.

    Args:
        store: with the catalogue's root as its prefix.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._remembered: OrderedDict[str, tuple[float, ObjectFacts]] = OrderedDict()
        self._lock = threading.Lock()

    def is_fresh(self, item: ItemRecord) -> bool:
        """Whether an item's tag is known without asking the store."""
        with self._lock:
            found = self._remembered.get(item.image)
        return found is not None and time.monotonic() - found[0] < _FRESH_S

    def identity(self, item: ItemRecord) -> bytes:
        """What changes with the bytes of an item's picture; while the store is away, what it said last.

        Raises:
            ServiceProblem: `not_found` or `catalogue_unavailable`.
        """
        return self._identity(item, self._facts(item, even_old=True))

    def read(self, item: ItemRecord, known_tags: Container[str]) -> tuple[bytes | None, str, bytes]:
        """Bytes, ETag and identity of an item's picture; no bytes if the caller knows the tag.

        Raises:
            ServiceProblem: `not_found` or `catalogue_unavailable`.
        """
        for is_last in (False, True):
            facts = self._facts(item, even_old=False)
            identity = self._identity(item, facts)
            tag = _tag(identity)
            if tag in known_tags:
                return None, tag, identity
            if facts.bytes > MAX_PICTURE_BYTES:
                raise missing(item, f"has over {MAX_PICTURE_BYTES:,} bytes")
            try:
                data = self._store.get(item.image, most_bytes=MAX_PICTURE_BYTES, facts=facts)
            except ObjectChangedError as error:
                self._forget(item)
                if is_last:
                    raise ServiceProblem("catalogue_unavailable", str(error)) from error
                continue
            except StoreUnavailableError as error:
                raise ServiceProblem("catalogue_unavailable", str(error)) from error
            if data is not None and len(data) == facts.bytes:
                return data, tag, identity
            self._forget(item)
        raise missing(item, "is not in the catalogue's object store")

    def _facts(self, item: ItemRecord, *, even_old: bool) -> ObjectFacts:
        if not is_object_name(item.image, any_name=True):
            raise missing(item, "is outside the catalogue's root")
        with self._lock:
            found = self._remembered.get(item.image)
        if found is not None and time.monotonic() - found[0] < _FRESH_S:
            return found[1]
        try:
            facts = self._store.facts(item.image)
        except StoreUnavailableError as error:
            if found is not None and even_old:
                return found[1]
            raise ServiceProblem("catalogue_unavailable", str(error)) from error
        if facts is None:
            self._forget(item)
            raise missing(item, "is not in the catalogue's object store")
        with self._lock:
            self._remembered[item.image] = time.monotonic(), facts
            self._remembered.move_to_end(item.image)
            while len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return facts

    def _forget(self, item: ItemRecord) -> None:
        with self._lock:
            self._remembered.pop(item.image, None)

    def _identity(self, item: ItemRecord, facts: ObjectFacts) -> bytes:
        if facts.etag is None:
            raise ServiceProblem("catalogue_unavailable", f"{self._store} gives objects no ETag")
        return b"\0".join((str(self._store).encode(), item.image.encode(), b"%d" % facts.bytes, facts.etag.encode()))


def _tag(identity: bytes) -> str:
    # It holds nothing that the store said.
    return f'"{hashlib.blake2b(identity, digest_size=16).hexdigest()}"'


def missing(item: ItemRecord, what: str) -> ServiceProblem:
    """The problem of a picture that is not there."""
    return ServiceProblem(
        "not_found",
        f"the picture of item {item.id!r:.120} {what}; the item is known, so its file was moved or "
        "changed after the index was built",
    )
