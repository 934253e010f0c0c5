"""Embeddings on disk: `manifest.json`, `embeddings-<hex>.npy`, `items-<hex>.jsonl`, `digests-<hex>.npy`.

Every write creates new files and replaces the manifest last, atomically. So a reader sees the old set
or the new one, and a set that is already mapped stays valid when its files are replaced.
"""

import contextlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from contracts.embedding_set import EmbeddingSet, ModelIdentity
from contracts.errors import EmbeddingsError
from contracts.items import Item, first_repeated_id, present_attributes
from storage.array_files import map_array
from storage.durable_files import FileSeal, flush_file, flush_folder, replace_file, seal_file, seal_problem
from storage.sealed_json import parse_sealed, render_sealed
from storage.small_files import read_small

FORMAT = "lookalike-embeddings-2"
# Version 1 has `two_parts` instead of `parts` in the model, and is otherwise the same.
FORMATS_READ = ("lookalike-embeddings-1", FORMAT)
MANIFEST = "manifest.json"
DIGEST_BYTES = 32
FIX = "run `lookalike extract` again into a new folder"
_OURS = re.compile(r"(embeddings|items|digests)-[0-9a-f]{8}\.(npy|jsonl)|\.tmp-manifest\.json-[0-9a-f]{8}", re.ASCII)
_MOST_MANIFEST_BYTES = 256 * 1024
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class _Manifest:
    model: ModelIdentity
    catalogue_root: str
    items: int
    files: Mapping[str, FileSeal]

    def name(self, kind: str) -> str:
        return next(name for name in self.files if name.startswith(f"{kind}-"))


def read_identity(folder: Path) -> ModelIdentity | None:
    """Which network made a folder's embeddings; None if the folder has none.

    Raises:
        EmbeddingsError: its manifest is damaged.
    """
    return _read_manifest(folder).model if (folder / MANIFEST).exists() else None


def read_embeddings(folder: Path) -> EmbeddingSet:
    """Verify a folder's files and memory-map its embeddings.

    Raises:
        EmbeddingsError: a file is missing, damaged, or has unexpected content.
    """
    manifest = _read_manifest(folder)
    _verify(folder, manifest, manifest.files)
    path = folder / manifest.name("items")
    try:
        items = [_item(line) for line in path.read_bytes().splitlines()]
    except (KeyError, TypeError, ValueError) as error:
        raise EmbeddingsError(f"{path} does not contain items ({error}); {FIX}") from error
    embeddings: NDArray[np.float32] = _mapped(folder / manifest.name("embeddings"))
    if len(items) != manifest.items:
        raise EmbeddingsError(f"{path} has {len(items)} items, but the manifest says {manifest.items}; {FIX}")
    return EmbeddingSet(items, embeddings, manifest.model, manifest.catalogue_root)


def read_digests(folder: Path) -> NDArray[np.uint8]:
    """SHA-256 of the input of each embedding, in the order of the items.

    Returns:
        (N, 32) uint8, memory-mapped; zeros in rows written without a digest.

    Raises:
        EmbeddingsError: a file is missing, damaged, or has unexpected content.
    """
    manifest = _read_manifest(folder)
    name = manifest.name("digests")
    _verify(folder, manifest, [name])
    digests: NDArray[np.uint8] = _mapped(folder / name)
    if digests.shape != (manifest.items, DIGEST_BYTES) or digests.dtype != np.uint8:
        raise EmbeddingsError(
            f"{folder / name} is {digests.dtype} of shape {digests.shape}, expected uint8 of shape "
            f"({manifest.items}, {DIGEST_BYTES}); {FIX}"
        )
    return digests


def picture_keys(digests: NDArray[np.uint8]) -> list[bytes | None]:
    """For each item a key, equal for items with the same picture and crop; None for one written without a digest."""
    return [row.tobytes() if row.any() else None for row in np.asarray(digests)]


def write_embeddings(folder: Path, embedding_set: EmbeddingSet, digests: Sequence[bytes] | None = None) -> None:
    """Write a set of embeddings to a folder, atomically and durably.

    Args:
        folder: created if missing; an older set in it is replaced, other files stay.
        embedding_set: may be mapped from the files that it replaces.
        digests: SHA-256 of the input of each item's embedding, 32 bytes each; None writes zeros.

    Raises:
        EmbeddingsError: an embedding is not finite, two items have the same id, digests have the wrong
            number or length, or the files cannot be written.
    """
    _check_finite(embedding_set)
    repeated = first_repeated_id(embedding_set.items)
    if repeated is not None:
        raise EmbeddingsError(f"two items have the id {repeated!r:.100}; give each its own: nothing was written")
    fingerprints = _digest_rows(digests, len(embedding_set.items))
    suffix = secrets.token_hex(4)
    paths = [folder / f"embeddings-{suffix}.npy", folder / f"items-{suffix}.jsonl", folder / f"digests-{suffix}.npy"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_files(paths, embedding_set, fingerprints)
        manifest = {
            "format": FORMAT,
            "model": asdict(embedding_set.model),
            "catalogue_root": embedding_set.catalogue_root,
            "items": len(embedding_set.items),
            "files": {path.name: asdict(seal_file(path)) for path in paths},
        }
        replace_file(folder / MANIFEST, render_sealed(manifest))
    except OSError as error:
        raise EmbeddingsError(
            f"embeddings cannot be written to {folder} ({error.strerror}); free disk space or grant write access, "
            "and run again"
        ) from error
    # The new set is complete. Old files that cannot be removed now are removed by the next write.
    with contextlib.suppress(OSError):
        _remove(path for path in folder.iterdir() if _OURS.fullmatch(path.name) and path not in paths)


def _write_files(paths: Sequence[Path], embedding_set: EmbeddingSet, digests: NDArray[np.uint8]) -> None:
    embeddings_path, items_path, digests_path = paths
    try:
        np.save(embeddings_path, embedding_set.embeddings, allow_pickle=False)
        with items_path.open("wb") as stream:
            stream.writelines(_line(item) for item in embedding_set.items)
        np.save(digests_path, digests, allow_pickle=False)
        for path in paths:
            flush_file(path)
    except (OSError, EmbeddingsError):
        _remove(paths)
        raise
    flush_folder(embeddings_path.parent)


def _line(item: Item) -> bytes:
    try:
        # `default` handles attributes that are a Mapping but not a dict.
        return orjson.dumps(item, default=dict, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError as error:
        raise EmbeddingsError(
            f"item {item.id!r:.100} cannot be written as JSON ({error}); correct its row in the catalogue"
        ) from error


def _read_manifest(folder: Path) -> _Manifest:
    path = folder / MANIFEST
    try:
        fields = parse_sealed(read_small(path, most_bytes=_MOST_MANIFEST_BYTES))
        if fields["format"] not in FORMATS_READ:
            raise EmbeddingsError(f"{path} has the format {fields['format']!r:.60}, not {FORMAT!r}; {FIX}")
        model, seals, items = ModelIdentity.from_json(fields["model"]), fields["files"], fields["items"]
        if not isinstance(seals, dict) or not isinstance(items, int):
            raise TypeError("a member has the wrong type")
        kinds = sorted(name.partition("-")[0] for name in seals if _OURS.fullmatch(name))
        if kinds != ["digests", "embeddings", "items"] or len(kinds) != len(seals):
            raise ValueError("files must be one each of embeddings, items and digests")
        files = {name: FileSeal(**seal) for name, seal in seals.items()}
        return _Manifest(model, str(fields["catalogue_root"]), items, files)
    except FileNotFoundError as error:
        raise EmbeddingsError(
            f"{folder} holds no embeddings: {MANIFEST} is missing; run `lookalike extract` and let it finish"
        ) from error
    except OSError as error:
        raise EmbeddingsError(f"{path} cannot be read ({error.strerror}); {FIX}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise EmbeddingsError(f"{path} is damaged ({error}); {FIX}") from error


def _verify(folder: Path, manifest: _Manifest, names: Iterable[str]) -> None:
    for name in names:
        problem = seal_problem(folder / name, manifest.files[name])
        if problem:
            raise EmbeddingsError(f"{folder / name} {problem}; {FIX}")


def _mapped(path: Path) -> NDArray[Any]:
    try:
        return map_array(path)
    except (ValueError, OSError) as error:
        raise EmbeddingsError(f"{path} is not a usable array ({error}); {FIX}") from error


def _item(line: bytes) -> Item:
    fields = orjson.loads(line)
    crop, partition, attributes = fields["crop"], fields["partition"], fields["attributes"]
    if not (
        type(fields["id"]) is type(fields["image"]) is str
        and (partition is None or type(partition) is str)
        and (crop is None or [type(side) for side in crop] == [int] * 4)
        and isinstance(attributes, dict)
        and all(type(value) is str for value in attributes.values())
    ):
        raise TypeError(f"a member of {line!r:.100} is of the wrong type")
    return Item(
        id=fields["id"],
        image=fields["image"],
        # Again, because they may have been written before attributes had one form.
        attributes=present_attributes(attributes),
        crop=None if crop is None else (crop[0], crop[1], crop[2], crop[3]),
        partition=partition,
    )


def _check_finite(embedding_set: EmbeddingSet) -> None:
    for start in range(0, len(embedding_set.items), _ROWS_AT_ONCE):
        finite = np.isfinite(embedding_set.embeddings[start : start + _ROWS_AT_ONCE]).all(axis=1)
        if not finite.all():
            item = embedding_set.items[start + int(np.argmin(finite))]
            raise EmbeddingsError(
                f"the embedding of item {item.id!r:.100} contains NaN or infinity, so nothing was written; "
                f"check its picture {item.image!r:.200} and the checkpoint"
            )


def _digest_rows(digests: Sequence[bytes] | None, items: int) -> NDArray[np.uint8]:
    if digests is None:
        return np.zeros((items, DIGEST_BYTES), np.uint8)
    if len(digests) != items or any(len(digest) != DIGEST_BYTES for digest in digests):
        raise EmbeddingsError(f"digests must be {DIGEST_BYTES} bytes for each of the {items} items")
    return np.frombuffer(b"".join(digests), np.uint8).reshape(items, DIGEST_BYTES)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
