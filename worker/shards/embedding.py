"""Embeds the references of one shard with the code of `lookalike extract`, so that the embeddings are the same."""

import logging
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import LookalikeError
from contracts.items import Item
from model.extraction import embed_new
from model.picture_reading import ReadPicture, read_pictures
from model.shards.plan import Reference
from model.shards.result import ShardResult
from storage.object_root import ObjectRoot

logger = logging.getLogger(__name__)

_KEY_BYTES: Final = 32


class ShardWatch(Protocol):
    """Who follows a shard while it is embedded."""

    def next_picture(self) -> None:
        """Called for each picture.

        Raises:
            LookalikeError: nobody wants the shard any more, or this worker stops.
        """
        ...

    def about_to_try(self, row: int) -> None:
        """Called before a picture is tried alone."""
        ...


@dataclass(slots=True)
class _Found:
    """What has come of a shard so far."""

    keys: NDArray[np.uint8]
    known: set[bytes]
    errors: dict[int, tuple[str, str]] = field(default_factory=dict)
    embedded: dict[bytes, NDArray[np.float32]] = field(default_factory=dict)

    @classmethod
    def of(cls, references: Sequence[Reference]) -> Self:
        known = {reference.key for reference in references if reference.key is not None}
        return cls(np.zeros((len(references), _KEY_BYTES), np.uint8), known)

    def keep(self, keys: Sequence[bytes], embeddings: NDArray[np.float32]) -> None:
        self.embedded.update(zip(keys, embeddings, strict=True))
        self.known.update(keys)

    def note(self, row: int, picture: ReadPicture) -> None:
        if picture.key is None:
            self.errors[row] = (picture.code or "", picture.detail or "")
        else:
            self.keys[row] = np.frombuffer(picture.key, np.uint8)

    def result(self, model: str) -> ShardResult:
        embedded = np.frombuffer(b"".join(self.embedded), np.uint8).reshape(-1, _KEY_BYTES)
        rows = np.zeros((len(embedded), EMBEDDING_DIMENSIONS), np.float32)
        for row, embedding in enumerate(self.embedded.values()):
            rows[row] = embedding
        return ShardResult(model, self.keys, self.errors, embedded, rows)


class ShardEmbedder:
    """Embeds shards, one at a time.

    Args:
        engine: embeds.
        batch_size: pictures embedded together.
        threads: that read and decode pictures.
    """

    def __init__(self, engine: EmbeddingEngine, *, batch_size: int, threads: int) -> None:
        self._engine = engine
        self._batch_size = batch_size
        self._threads = threads

    @property
    def model(self) -> str:
        """Version of the network."""
        return self._engine.identity.version

    def embed(
        self, references: Sequence[Reference], root: Path | ObjectRoot, links_to: Sequence[Path], watch: ShardWatch
    ) -> ShardResult:
        """Embed a shard in batches.

        If the engine fails on a batch, each picture is tried alone, so that only one that it fails on is an error.

        Args:
            references: to its pictures.
            root: of the pictures; a folder is resolved.
            links_to: folders that links may lead to, resolved.
            watch: follows.

        Raises:
            EmbeddingsError: the network gives embeddings that are not finite.
            StoreUnavailableError: the object store cannot be read.
            LookalikeError: as `watch` does.
        """
        found = _Found.of(references)
        items = [_item(row, reference) for row, reference in enumerate(references)]
        try:
            with closing(self._read(items, root, links_to, found, self._threads, 4 * self._batch_size)) as pictures:
                for row, picture in enumerate(self._embedded(pictures, self._batch_size, found)):
                    watch.next_picture()
                    found.note(row, picture)
        except LookalikeError:
            raise
        except Exception:  # the edge of the process: a picture must not cost its shard
            logger.exception("the engine failed on a batch; each picture of the shard is tried alone")
            return self.embed_alone(references, root, links_to, watch, skip=())
        return found.result(self.model)

    def embed_alone(
        self,
        references: Sequence[Reference],
        root: Path | ObjectRoot,
        links_to: Sequence[Path],
        watch: ShardWatch,
        *,
        skip: Collection[int],
    ) -> ShardResult:
        """Embed a shard picture by picture, as after it has ended a worker.

        Args:
            references, root, links_to: as for `embed`.
            watch: is told of each picture before it is touched.
            skip: rows of pictures that have ended workers.

        Raises:
            EmbeddingsError, LookalikeError: as for `embed`.
        """
        found = _Found.of(references)
        for row, reference in enumerate(references):
            watch.next_picture()
            if row in skip:
                found.errors[row] = ("image_unreadable", "this picture ended workers; save it again")
                continue
            watch.about_to_try(row)
            try:
                with closing(self._read([_item(row, reference)], root, links_to, found, 1, 0)) as pictures:
                    (picture,) = self._embedded(pictures, 1, found)
            except LookalikeError:
                raise
            except Exception:  # the edge of the process, as above
                logger.exception("the engine failed on %s", reference.image)
                found.errors[row] = ("image_unreadable", "the network failed on this picture; see the worker's log")
                continue
            found.note(row, picture)
        return found.result(self.model)

    def _embedded(self, pictures: Iterable[ReadPicture], batch_size: int, found: _Found) -> Iterator[ReadPicture]:
        return embed_new(pictures, self._engine, batch_size=batch_size, known=found.known, keep=found.keep)

    def _read(
        self,
        items: Sequence[Item],
        root: Path | ObjectRoot,
        links_to: Sequence[Path],
        found: _Found,
        threads: int,
        ahead: int,
    ) -> Generator[ReadPicture]:
        return read_pictures(
            items,
            root,
            known=found.known,
            fit=self._engine.preprocess,
            target=self._engine.input_size,
            as_srgb=self._engine.as_srgb,
            workers=threads,
            ahead=ahead,
            links_to=links_to,
        )


def _item(row: int, reference: Reference) -> Item:
    return Item(str(row), reference.image, crop=reference.crop)
