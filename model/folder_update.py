"""Bringing a folder of embeddings up to date with a catalogue, wherever the pictures are embedded."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS, EmbeddingSet, ModelIdentity
from contracts.errors import EmbeddingsError
from contracts.items import Item
from contracts.progress import Progress, unseen
from contracts.text_form import one_form
from model.journal import JOURNAL, EmbeddingJournal
from model.picture_reading import ReadPicture
from model.seen_objects import note_objects
from model.shipped_networks import source_of
from model.tolerance import EVERYTHING, Tolerance
from model.unreadable import UNREADABLE_REPORT, write_unreadable
from storage.embeddings_folder import read_digests, read_embeddings, read_identity, write_embeddings
from storage.held_folder import held
from storage.object_root import ObjectRoot


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """What an extraction did.

    Attributes:
        items: number of items in the folder now.
        added, changed, removed, unreadable, unchanged: numbers of items, compared with the previous content.
        relabelled: items with the same picture and other attributes.
        embedded: pictures that went through the network; equal pictures are embedded once.
        seconds: wall-clock time.
    """

    items: int
    added: int
    changed: int
    removed: int
    unreadable: int
    unchanged: int
    relabelled: int
    embedded: int
    seconds: float


class KeptEmbeddings:
    """What is known of pictures while a folder is brought up to date: what it held, and what was embedded since.

    Args:
        rows: of the folder before: each item, and the key of its picture.
        known: key -> (512,) float32.
        journal: keeps what is embedded, for a run that is killed.

    Attributes:
        embedded: pictures that went through the network.
    """

    def __init__(
        self,
        rows: Sequence[tuple[Item, bytes]],
        known: dict[bytes, NDArray[np.float32]],
        journal: EmbeddingJournal,
    ) -> None:
        self.rows = rows
        self.known = known
        self.embedded = 0
        self._journal = journal

    def add(self, keys: Sequence[bytes], embeddings: NDArray[np.float32]) -> None:
        """Keep embeddings, (B, 512) float32, under their keys.

        Raises:
            OSError: the disk is full.
        """
        self.recover(keys, embeddings)
        self.embedded += len(keys)

    def recover(self, keys: Sequence[bytes], embeddings: NDArray[np.float32]) -> None:
        """Keep what an earlier run has embedded, (B, 512) float32.

        Raises:
            OSError: the disk is full.
        """
        self._journal.append(keys, embeddings)
        self.known.update(zip(keys, embeddings, strict=True))


Pictures = Callable[[KeptEmbeddings], Iterable[tuple[int, ReadPicture]]]
"""Reads and embeds the pictures of all items, in any order: gives the number of each item, and what became of it."""


def update_folder(
    items: Sequence[Item],
    root: Path | ObjectRoot,
    folder: Path,
    identity: ModelIdentity,
    pictures: Pictures,
    *,
    progress: Progress = unseen,
    tolerance: Tolerance = EVERYTHING,
    failed_rows: int = 0,
) -> ExtractionReport:
    """Bring a folder of embeddings up to date, wherever its pictures are embedded.

    Args:
        items: in catalogue order, with unique ids.
        root: what `Item.image` is relative to.
        folder: made if missing.
        identity: of the network that embeds.
        pictures: reads and embeds; whatever it has embedded is kept before it gives the item.
        progress, tolerance, failed_rows: as for `extract`.

    Raises:
        EmbeddingsError, OSError: as for `extract`.
    """
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    busy = EmbeddingsError(
        f"another extraction is writing into {folder}; wait for it to end, or choose another --out folder"
    )
    with held(folder / ".lock", busy), EmbeddingJournal(folder / JOURNAL, identity.version) as journal:
        before = _Before.read(folder, identity)
        kept = KeptEmbeddings(before.rows, {**before.by_key, **journal.recovered}, journal)
        found: list[ReadPicture | None] = [None] * len(items)
        for done, (number, picture) in enumerate(pictures(kept), 1):
            found[number] = picture
            if tolerance.strict and picture.key is None:
                raise EmbeddingsError(
                    f"the picture of item {picture.item.id!r:.100} cannot be used: {picture.detail}; correct it, or "
                    "leave out --strict to skip and list such items"
                )
            progress(done, len(items))
        run = _Run.of(kept, found)
        write_unreadable(folder, [(p.item, p.code or "", p.detail or "") for p in run.unreadable])
        if not run.readable:
            raise EmbeddingsError(
                f"none of the {len(items)} pictures could be read; {folder / UNREADABLE_REPORT} lists the reasons"
            )
        failed, rows = failed_rows + len(run.unreadable), failed_rows + len(items)
        if run.unreadable and tolerance.exceeded(failed, rows):
            raise EmbeddingsError(
                f"{failed:,} of {rows:,} rows failed, over {tolerance.max_failed:.0%}; {len(run.unreadable):,} "
                f"pictures could not be read: {folder / UNREADABLE_REPORT} lists the reasons. Correct them, or raise "
                "--max-failed; nothing that was embedded has to be embedded again"
            )
        report = _report(run, before, time.perf_counter() - started)
        place = str(root.resolve() if isinstance(root, Path) else root)
        if run.readable != before.rows or (place, identity) != (before.root, before.identity):
            _write(folder, run, identity, place)
        note_objects(folder, root, run.readable)
        journal.delete()
    return report


@dataclass(frozen=True, slots=True)
class _Run:
    """What one pass over the catalogue found, in catalogue order."""

    known: Mapping[bytes, NDArray[np.float32]]
    readable: list[tuple[Item, bytes]]
    unreadable: list[ReadPicture]
    embedded: int

    @classmethod
    def of(cls, kept: KeptEmbeddings, found: Sequence[ReadPicture | None]) -> "_Run":
        pictures = [picture for picture in found if picture is not None]
        return cls(
            kept.known,
            [(picture.item, picture.key) for picture in pictures if picture.key is not None],
            [picture for picture in pictures if picture.key is None],
            kept.embedded,
        )


@dataclass(frozen=True, slots=True)
class _Before:
    """The content of the folder before this run."""

    rows: list[tuple[Item, bytes]]
    by_key: Mapping[bytes, NDArray[np.float32]]
    root: str | None
    identity: ModelIdentity | None

    @classmethod
    def read(cls, folder: Path, identity: ModelIdentity) -> "_Before":
        found = read_identity(folder)
        if found is None:
            return cls([], {}, None, None)
        if found.version != identity.version:
            raise EmbeddingsError(
                f"{folder} holds embeddings of {found.version}, and this network is {identity.version}; "
                f"pass --checkpoint {source_of(found)} to bring them up to date, or another --out folder"
            )
        embedding_set = read_embeddings(folder)
        keys = [row.tobytes() for row in read_digests(folder)]
        return cls(
            list(zip(embedding_set.items, keys, strict=True)),
            dict(zip(keys, embedding_set.embeddings, strict=True)),
            embedding_set.catalogue_root,
            found,
        )


def _report(run: _Run, before: _Before, seconds: float) -> ExtractionReport:
    rows_before = {one_form(item.id): (item, key) for item, key in before.rows}
    still_there = {one_form(item.id) for item, _ in run.readable} | {one_form(p.item.id) for p in run.unreadable}
    added = changed = relabelled = 0
    for item, key in run.readable:
        item_before, key_before = rows_before.get(one_form(item.id), (None, None))
        added += item_before is None
        changed += item_before is not None and key_before != key
        relabelled += item_before is not None and key_before == key and item_before != item
    return ExtractionReport(
        items=len(run.readable),
        added=added,
        changed=changed,
        removed=len(rows_before.keys() - still_there),
        unreadable=len(run.unreadable),
        unchanged=len(run.readable) - added - changed,
        relabelled=relabelled,
        embedded=run.embedded,
        seconds=seconds,
    )


def _write(folder: Path, run: _Run, identity: ModelIdentity, root: str) -> None:
    embeddings = np.empty((len(run.readable), EMBEDDING_DIMENSIONS), np.float32)
    for row, (_, key) in enumerate(run.readable):
        embeddings[row] = run.known[key]
    items = [item for item, _ in run.readable]
    embedding_set = EmbeddingSet(items, embeddings, identity, root)
    write_embeddings(folder, embedding_set, digests=[key for _, key in run.readable])
