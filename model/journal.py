"""The embeddings of an unfinished extraction: an append-only file that is valid wherever the process is killed."""

import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import EmbeddingsError

JOURNAL = "journal.bin"
_ANY_MAGIC = b"lookalike journal "
_MAGIC = _ANY_MAGIC + b"1 "
_HEADER_BYTES = 128
_RECORD = np.dtype([("key", "u1", (32,)), ("embedding", "<f4", (EMBEDDING_DIMENSIONS,)), ("crc32", "<u4")])


class EmbeddingJournal:
    """An open journal.

    Args:
        path: the journal's file; made if missing.
        model_version: of the model that computes the embeddings.

    Attributes:
        recovered: key -> (512,) float32, the embeddings that an earlier, killed run left.

    Raises:
        EmbeddingsError: the file has another model's embeddings, or is not a journal.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, model_version: str) -> None:
        self._path = path
        header = (_MAGIC + model_version.encode()).ljust(_HEADER_BYTES, b"\0")
        found = path.read_bytes() if path.exists() else b""
        if len(found) >= _HEADER_BYTES and found.startswith(_ANY_MAGIC) and not found.startswith(_MAGIC):
            raise EmbeddingsError(
                f"{path} was begun by another version of Lookalike; finish the extraction with that version, delete "
                f"{path}, or extract into another folder"
            )
        if len(found) >= _HEADER_BYTES and not found.startswith(header):
            raise EmbeddingsError(
                f"{path} belongs to an unfinished extraction with another network; finish it with that network, "
                f"delete {path}, or extract into another folder"
            )
        records = _whole_records(found[_HEADER_BYTES:])
        self.recovered: dict[bytes, NDArray[np.float32]] = {
            record["key"].tobytes(): record["embedding"].astype(np.float32) for record in records
        }
        self._file: BinaryIO = path.open("r+b" if found else "w+b")
        if len(found) < _HEADER_BYTES:
            self._file.write(header)
        # A record that was only partly written is cut off.
        end = _HEADER_BYTES + len(records) * _RECORD.itemsize
        self._file.truncate(end)
        self._file.seek(end)

    def append(self, keys: Sequence[bytes], embeddings: NDArray[np.float32]) -> None:
        """Append embeddings; on return the operating system has them, so killing the process loses none.

        Args:
            keys: B digests of 32 bytes each.
            embeddings: (B, 512) float32.
        """
        records = np.zeros(len(keys), _RECORD)
        for record, key, embedding in zip(records, keys, embeddings, strict=True):
            record["key"] = np.frombuffer(key, np.uint8)
            record["embedding"] = embedding
            record["crc32"] = _crc32(record)
        self._file.write(records.tobytes())
        self._file.flush()

    def close(self) -> None:
        """Flush everything to the disk and close the file."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def delete(self) -> None:
        """Delete the journal, once the extraction is complete."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._file.closed:
            self.close()


def _whole_records(data: bytes) -> NDArray[np.void]:
    """The records before the first that is incomplete or damaged."""
    records = np.frombuffer(data[: len(data) // _RECORD.itemsize * _RECORD.itemsize], _RECORD)
    for index, record in enumerate(records):
        if record["crc32"] != _crc32(record):
            return records[:index]
    return records


def _crc32(record: np.void) -> int:
    return zlib.crc32(record["embedding"].tobytes(), zlib.crc32(record["key"].tobytes()))
