"""Clearing up what nobody needs any more: deleted rows, pictures, feeds."""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import BundleError
from contracts.stored_picture import PREFIX, is_stored
from importer.adopting import sequence_of
from importer.folders import Folders
from importer.sources import FETCHED
from index.bundle_manifest import read_manifest
from index.versions.bundle_folder import versions_in
from storage.import_spool import SPOOLED
from storage.picture_store import PictureStore

logger = logging.getLogger(__name__)

# A picture is put before the item that has it, so what nobody refers to is given time.
UNUSED_S: Final = 3600.0
_EVERY_S: Final = 600.0
# Longer than any write takes from the picture to the item.
_REGRET_S: Final = 60.0
# Pictures whose bytes are kept until it is sure that they were rightly deleted.
_DELETED_AT_ONCE: Final = 64
_LOOKED_AT: Final = 1_000
_ENDED: Final = frozenset({"succeeded", "succeeded_with_errors", "failed"})


@dataclass(slots=True)
class Clearing:
    """Clears up from time to time.

    Attributes:
        catalogue: that says what is needed.
        folders: of bundles and feeds.
        store: of pictures.
    """

    catalogue: LiveCatalogue
    folders: Folders
    store: PictureStore
    _due: float = field(default_factory=lambda: time.monotonic() + 30.0, init=False)
    # When each picture was first found to be unused.
    _unused: dict[bytes, float] = field(default_factory=dict, init=False)
    _deleted: dict[bytes, bytes] = field(default_factory=dict, init=False)
    _sure_at: float = field(default=0.0, init=False)

    def clear_if_due(self) -> None:
        """Clear up, unless that was done lately.

        Raises:
            DatabaseUnavailableError, StoreUnavailableError, OSError: something is away; nothing needed is lost.
        """
        now = time.monotonic()
        if self._deleted and now >= self._sure_at:
            self.regret()
        if now < self._due or self._deleted:
            return
        self.purge()
        self.clear_feeds()
        more = self.clear_pictures(now)
        self._due = now + (_REGRET_S if more else _EVERY_S)

    def purge(self) -> int:
        """Forget deleted rows that every kept bundle knows to be deleted; how many there were."""
        sequences = []
        for version in versions_in(self.folders.bundles):
            try:
                manifest = read_manifest(self.folders.bundles / version)
            except BundleError:
                continue
            sequence = sequence_of(self.catalogue, version, manifest.catalogue, manifest.sequence)
            if sequence is not None:
                sequences.append(sequence)
        if not sequences:
            return 0
        forgotten = self.catalogue.purge(up_to=min(sequences))
        if forgotten:
            logger.info("forgot %d items that were deleted before every kept bundle", forgotten)
        return forgotten

    def clear_feeds(self) -> None:
        """Remove the files of imports that have ended."""
        latest = self.catalogue.imports.latest(_LOOKED_AT)
        waiting = [record for record in latest if record.status not in _ENDED]
        if len(latest) == _LOOKED_AT and latest[-1] in waiting:
            # There may be more that wait.
            return
        needed = {record.id for record in waiting} | {record.source.removeprefix(SPOOLED) for record in waiting}
        for folder in (self.folders.bundles / FETCHED, self.folders.spool):
            for file in folder.glob("*"):
                # A feed lies there before its import is in the database.
                if file.name not in needed and time.time() - file.stat().st_mtime > UNUSED_S:
                    file.unlink(missing_ok=True)

    def clear_pictures(self, now: float) -> bool:
        """Delete some pictures that have been unused for an hour; whether there are more.

        A write may put a picture, which is there already, just before it is deleted here. So `regret` looks again.

        Args:
            now: time, seconds.
        """
        used = self._used()
        unused = {digest: self._unused.get(digest, now) for digest in self.store.digests() if digest not in used}
        old = [digest for digest, since in unused.items() if now - since >= UNUSED_S]
        for digest in islice(old, _DELETED_AT_ONCE):
            data = self.store.get(digest)
            if data is not None:
                self._deleted[digest] = data
                self.store.delete(digest)
            del unused[digest]
        self._unused = unused
        self._sure_at = now + _REGRET_S
        return len(old) > _DELETED_AT_ONCE

    def regret(self) -> int:
        """Put deleted pictures back that are used after all; how many there were."""
        used = self._used()
        wrong = [data for digest, data in self._deleted.items() if digest in used]
        for data in wrong:
            self.store.put(data)
        if len(self._deleted) > len(wrong):
            logger.info("deleted %d pictures that no item has", len(self._deleted) - len(wrong))
        self._deleted.clear()
        return len(wrong)

    def _used(self) -> set[bytes]:
        return set(_digests(self.catalogue.stored_pictures()))


def _digests(images: Iterable[str]) -> Iterable[bytes]:
    return (bytes.fromhex(image.removeprefix(PREFIX)) for image in images if is_stored(image))
