"""`lookalike extract`: embeds a catalogue and computes only what is new or changed."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from contracts.errors import EmbeddingsError
from contracts.items import Item
from contracts.progress import Progress, unseen
from model.folder_update import ExtractionReport, KeptEmbeddings, update_folder
from model.picture_reading import EMPTY, ReadPicture, read_pictures
from model.seen_objects import unchanged_objects
from model.tolerance import EVERYTHING, Tolerance
from storage.object_root import ObjectRoot


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

    def pictures(kept: KeptEmbeddings) -> Iterator[tuple[int, ReadPicture]]:
        read = read_pictures(
            items,
            root,
            known=kept.known,
            fit=engine.preprocess,
            target=engine.input_size,
            as_srgb=engine.as_srgb,
            workers=workers,
            ahead=4 * batch_size,
            follow_links=follow_links,
            unchanged=EMPTY if not isinstance(root, ObjectRoot) else unchanged_objects(folder, root, kept.rows),
        )
        return enumerate(embed_new(read, engine, batch_size=batch_size, known=kept.known, keep=kept.add))

    return update_folder(
        items,
        root,
        folder,
        engine.identity,
        pictures,
        progress=progress,
        tolerance=tolerance,
        failed_rows=failed_rows,
    )


def embed_new(
    pictures: Iterable[ReadPicture],
    engine: EmbeddingEngine,
    *,
    batch_size: int,
    known: Container[bytes],
    keep: Callable[[Sequence[bytes], NDArray[np.float32]], None],
) -> Iterator[ReadPicture]:
    """Pass pictures on without their pixels, and embed those that are new, in batches.

    Args:
        pictures: as they were read.
        engine: embeds them.
        batch_size: pictures embedded together.
        known: keys that need no embedding; contains what was kept.
        keep: takes B keys and their embeddings, (B, 512) float32.

    Raises:
        EmbeddingsError: an embedding is not finite.
    """
    waiting: dict[bytes, NDArray[np.uint8]] = {}
    for picture in pictures:
        if picture.key is not None and picture.fitted is not None and picture.key not in known:
            waiting[picture.key] = picture.fitted
        if len(waiting) >= batch_size:
            _embed(waiting, engine, keep)
        yield replace(picture, fitted=None)
    if waiting:
        _embed(waiting, engine, keep)


def _embed(
    waiting: dict[bytes, NDArray[np.uint8]],
    engine: EmbeddingEngine,
    keep: Callable[[Sequence[bytes], NDArray[np.float32]], None],
) -> None:
    embeddings = engine.embed(np.stack(list(waiting.values()))).embeddings
    if not np.isfinite(embeddings).all():
        raise EmbeddingsError(
            f"the network {engine.identity.version} returned embeddings that are not finite; "
            "pass --precision float32, or train it again"
        )
    keep(list(waiting), embeddings)
    waiting.clear()
