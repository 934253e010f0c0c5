"""A Qdrant server or cluster that holds versions of an index."""

import math
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, Self

import httpx
from qdrant_client import QdrantClient, models

from contracts.errors import EngineError
from contracts.progress import Progress, unseen
from engines.engine import HeldVersion, Shard
from engines.held_numbers import HeldNumbers
from engines.qdrant.address import parse_qdrant_address
from engines.qdrant.collection import Collection
from engines.qdrant.conditions import Where
from engines.qdrant.faults import as_project_errors
from engines.qdrant.loading import load_items, make_collection, noted
from engines.qdrant.notes import Notes, read_notes
from engines.qdrant.part import QdrantPart
from index.bundle import Bundle

ALIAS: Final = "lookalike"
"""The alias of the collection that is served."""

_PREFIX: Final = "lookalike-"
_VERSION: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_CONNECTIONS: Final = 64
# Of loading: an index is built within one request.
_PATIENT_S: Final = 3_600


class QdrantEngine:
    """See `engines.engine.Engine`.

    Args:
        asking: the client that questions are asked with.
        loading: one that waits as long as it takes to build an index; may be the same.
        shown: their address, for messages.
    """

    def __init__(self, asking: QdrantClient, loading: QdrantClient, shown: str) -> None:
        self._asking = asking
        self._loading = loading
        self._shown = shown

    @classmethod
    def at(cls, address: str, *, timeout_s: float) -> Self:
        """The engine at an address; connects to nothing.

        Args:
            address: see `engines.qdrant.address.parse_qdrant_address`.
            timeout_s: how long a question may take; Qdrant's client rounds it up to whole seconds.

        Raises:
            EngineError: the address is none.
        """
        parsed = parse_qdrant_address(address)
        # Given as `api_key`, it would be warned of at each start without encryption.
        headers = {} if parsed.api_key is None else {"api-key": parsed.api_key}
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        asking, loading = (
            QdrantClient(
                url=parsed.url, headers=headers, timeout=math.ceil(wait_s), check_compatibility=False, limits=limits
            )
            for wait_s in (timeout_s, _PATIENT_S)
        )
        return cls(asking, loading, parsed.shown)

    def __str__(self) -> str:
        return self._shown

    def versions(self) -> Sequence[HeldVersion]:
        """See `Engine`."""
        with as_project_errors(self._shown):
            names = [collection.name for collection in self._asking.get_collections().collections]
        found = []
        for name in sorted(name for name in names if name.startswith(_PREFIX)):
            notes, _ = self._notes(name)
            if notes is not None:
                loaded = notes.items if notes.complete else self._collection(name, 1).count(Where())
                found.append(notes.held(loaded))
        return found

    def load(
        self,
        bundle: Bundle,
        *,
        approximate: bool = False,
        shard: Shard | None = None,
        like: Bundle | None = None,  # noqa: ARG002 - nothing is copied from one collection to another
        progress: Progress = unseen,
    ) -> None:
        """See `Engine`."""
        name = _name(bundle.version)
        notes, rows = noted(bundle, approximate=approximate, shard=shard or Shard())
        known = self._existing(name)
        if known is not None and replace(known, complete=False, recall=None).to_metadata() != notes.to_metadata():
            raise EngineError(
                f"the search engine {self._shown} already holds other items under the version {bundle.version}, or "
                "holds them in another way; remove it there before you load it again"
            )
        if known is not None and known.complete:
            progress(notes.items, notes.items)
            return
        with as_project_errors(self._shown):
            if known is None:
                make_collection(self._loading, name, notes)
            load_items(self._loading, name, bundle, notes, rows, progress)

    def open(self, version: str) -> QdrantPart:
        """See `Engine`."""
        name = _name(version)
        with as_project_errors(self._shown):
            there = self._asking.collection_exists(name)
        notes, shards = self._notes(name) if there else (None, 1)
        if notes is None or not notes.complete:
            whole = "" if notes is None else "all of "
            raise EngineError(
                f"the search engine {self._shown} does not hold {whole}the version {version:.100}; load it with "
                "`lookalike index load`"
            )
        collection = self._collection(name, shards)
        if notes.even is None:
            numbers = HeldNumbers.of(collection.numbers(Where()))
        else:
            numbers = HeldNumbers(notes.items, *notes.even, None)
        return QdrantPart(collection, notes, numbers)

    def note_recall(self, version: str, recall: float) -> None:
        """See `Engine`."""
        name = _name(version)
        notes, _ = self._notes(name)
        if notes is not None:
            with as_project_errors(self._shown):
                self._asking.update_collection(name, metadata=replace(notes, recall=recall).to_metadata())

    def make_current(self, version: str) -> None:
        """See `Engine`; the alias `lookalike` is switched in one step."""
        with as_project_errors(self._shown):
            aliases = self._asking.get_aliases().aliases
            steps: list[models.CreateAliasOperation | models.RenameAliasOperation | models.DeleteAliasOperation] = []
            if any(alias.alias_name == ALIAS for alias in aliases):
                steps.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=ALIAS)))
            created = models.CreateAlias(collection_name=_name(version), alias_name=ALIAS)
            steps.append(models.CreateAliasOperation(create_alias=created))
            self._asking.update_collection_aliases(change_aliases_operations=steps)

    def remove(self, version: str) -> None:
        """See `Engine`."""
        with as_project_errors(self._shown):
            self._loading.delete_collection(_name(version))

    def close(self) -> None:
        """See `Engine`."""
        # A client that was closed by another thread complains.
        with suppress(RuntimeError):
            self._asking.close()
            self._loading.close()

    def _existing(self, name: str) -> Notes | None:
        with as_project_errors(self._shown):
            if not self._asking.collection_exists(name):
                return None
        notes, _ = self._notes(name)
        if notes is None:
            raise EngineError(
                f"the search engine {self._shown} has a collection {name} that Lookalike did not make; remove or "
                "rename it"
            )
        return notes

    def _notes(self, name: str) -> tuple[Notes | None, int]:
        """The notes of a collection, and the number of its shards."""
        with as_project_errors(self._shown):
            config = self._asking.get_collection(name).config
        return read_notes(config.metadata, name), config.params.shard_number or 1

    def _collection(self, name: str, shards: int) -> Collection:
        return Collection(self._asking, name, self._shown, shards=shards)


def _name(version: str) -> str:
    """The collection of a version.

    Raises:
        EngineError: it cannot be the name of one.
    """
    if not _VERSION.fullmatch(version):
        raise EngineError(f"{version!r:.100} is no version of an index")
    return _PREFIX + version
