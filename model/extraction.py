"""`lookalike extract`: embeds a catalogue and computes only what is new or changed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from contracts.embedding_set import EMBEDDING_DIMENSIONS, EmbeddingSet, ModelIdentity
from contracts.errors import EmbeddingsError
from contracts.items import Item
from contracts.progress import Progress, unseen
from contracts.text_form import one_form
from model.journal import JOURNAL, EmbeddingJournal
from model.picture_reading import EMPTY, ReadPicture, read_pictures
from model.seen_objects import note_objects, unchanged_objects
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


def extract(
    items: Sequence[Item],
    root: Path | ObjectRoot,
    folder: Path,
    engine: EmbeddingEngine,
    *,
    batch_size: int = 64,
    workers: int = 2,
    progress: Progress = unseen,
    follow_links: bool = False,
    tolerance: Tolerance = EVERYTHING,
    failed_rows: int = 0,
) -> ExtractionReport:
    """Embed the pictures of a catalogue into a folder; running it again continues a killed run.

    Args:
        items: in catalogue order, with unique ids.
        root: what `Item.image` is relative to: a folder, or a prefix of an object store. Of the latter, objects whose
            ETag is the same as in the run before are not read again.
        folder: made if missing; the result of an earlier run is updated.
        batch_size: pictures embedded together.
        workers: threads that read, decode and fit pictures.
        progress: called with (pictures done, pictures in all).
        follow_links: whether pictures may be read through links that lead out of the root.
        tolerance: how many rows may have failed, including the pictures that cannot be read. By default, all but one
            picture.
        failed_rows: rows of the catalogue that failed before.

    Raises:
        StoreUnavailableError: the object store cannot be read; what was embedded so far is kept for the next run.
        EmbeddingsError: the folder belongs to another model or to another running extraction, no picture could be
            read, or more rows failed than the tolerance allows. Then the folder is as it was, and a next run need not
            embed again.
        OSError: the disk is full; what was embedded so far is kept for the next run.
    """
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    busy = EmbeddingsError(
        f"another extraction is writing into {folder}; wait for it to end, or choose another --out folder"
    )
    with held(folder / ".lock", busy), EmbeddingJournal(folder / JOURNAL, engine.identity.version) as journal:
        before = _Before.read(folder, engine.identity)
        run = _Run(engine, journal, {**before.by_key, **journal.recovered})
        pictures = read_pictures(
            items,
            root,
            known=run.known,
            fit=engine.preprocess,
            target=engine.input_size,
            as_srgb=engine.as_srgb,
            workers=workers,
            ahead=4 * batch_size,
            follow_links=follow_links,
            unchanged=EMPTY if not isinstance(root, ObjectRoot) else unchanged_objects(folder, root, before.rows),
        )
        for done, picture in enumerate(pictures, 1):
            run.take(picture, batch_size)
            if tolerance.strict and run.unreadable:
                raise EmbeddingsError(
                    f"the picture of item {picture.item.id!r:.100} cannot be used: {picture.detail}; correct it, or "
                    "leave out --strict to skip and list such items"
                )
            progress(done, len(items))
        run.embed_waiting()
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
        if run.readable != before.rows or (place, engine.identity) != (before.root, before.identity):
            _write(folder, run, engine.identity, place)
        note_objects(folder, root, run.readable)
        journal.delete()
    return report


@dataclass(slots=True)
class _Run:
    """One pass over the catalogue: known embeddings, pictures waiting for the network, unreadable pictures."""

    engine: EmbeddingEngine
    journal: EmbeddingJournal
    known: dict[bytes, NDArray[np.float32]]
    readable: list[tuple[Item, bytes]] = field(default_factory=list)
    unreadable: list[ReadPicture] = field(default_factory=list)
    embedded: int = 0
    _waiting: dict[bytes, NDArray[np.uint8]] = field(default_factory=dict)

    def take(self, picture: ReadPicture, batch_size: int) -> None:
        if picture.key is None:
            self.unreadable.append(picture)
            return
        self.readable.append((picture.item, picture.key))
        if picture.fitted is not None and picture.key not in self.known:
            self._waiting[picture.key] = picture.fitted
        if len(self._waiting) >= batch_size:
            self.embed_waiting()

    def embed_waiting(self) -> None:
        if not self._waiting:
            return
        keys = list(self._waiting)
        embeddings = self.engine.embed(np.stack(list(self._waiting.values()))).embeddings
        if not np.isfinite(embeddings).all():
            raise EmbeddingsError(
                f"the network {self.engine.identity.version} returned embeddings that are not finite; "
                "pass --precision float32, or train it again"
            )
        self.journal.append(keys, embeddings)
        self.known.update(zip(keys, embeddings, strict=True))
        self.embedded += len(keys)
        self._waiting.clear()


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
