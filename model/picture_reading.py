"""Reads catalogue pictures into fitted pixels, on several threads and a bounded number in advance."""

import hashlib
from collections import deque
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from contracts.box import Box
from contracts.errors import PictureRejected
from contracts.items import Item
from pictures.decoding import decode
from pictures.header import MAX_PICTURE_BYTES, inspect
from storage.beneath import OutsideError, open_beneath
from storage.object_facts import ObjectChangedError
from storage.object_root import ObjectRoot

# The picture of an item, by its path and crop.
SeenPicture: TypeAlias = tuple[str, tuple[int, int, int, int] | None]
_OBJECT_THREADS: Final = 8
EMPTY: Final[Mapping[SeenPicture, bytes]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """The picture of an item after reading.

    Attributes:
        key: digest of the picture's bytes and the item's crop, 32 bytes; None if it could not be read.
        fitted: (3, S, S) uint8; None if the key is known already, or the picture could not be read.
        code, detail: error code and reason if it could not be read, else None; `code` is a rejection's, `missing`, or
            `changed` for an object that was replaced while the catalogue was read.
    """

    item: Item
    key: bytes | None = None
    fitted: NDArray[np.uint8] | None = None
    code: str | None = None
    detail: str | None = None


def read_pictures(
    items: Sequence[Item],
    root: Path | ObjectRoot,
    *,
    known: Collection[bytes],
    fit: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    target: int,
    as_srgb: bool,
    workers: int,
    ahead: int,
    follow_links: bool = False,
    links_to: Sequence[Path] = (),
    unchanged: Mapping[SeenPicture, bytes] = EMPTY,
) -> Generator[ReadPicture]:
    """Read items' pictures in catalogue order.

    Args:
        root: what `Item.image` is relative to: a folder, or a prefix of an object store.
        known: keys of pictures that need not be decoded.
        fit: from (H, W, 3) pixels to the network's (3, S, S) input.
        target: side of that input, pixels.
        as_srgb: whether colours are converted to sRGB, see `pictures.decoding.decode`.
        workers: threads; Pillow releases the interpreter's lock while it decodes and resizes. At least 8 read an
            object store, because they wait most of the time.
        ahead: number of pictures that may be read in advance.
        follow_links: whether links may lead out of the root, to anywhere.
        links_to: folders that they may lead to, absolute and resolved.
        unchanged: keys of pictures that an object store says are the same as before; those that are known are not read.

    Raises:
        StoreUnavailableError: the object store cannot be read at all. A single object that is missing, or was replaced
            since it was listed, is an item's error.
    """
    picture_bytes = _reader(root, follow_links=follow_links, links_to=links_to)

    def read(item: Item) -> ReadPicture:
        key_before = unchanged.get((item.image, item.crop))
        if key_before is not None and key_before in known:
            return ReadPicture(item, key_before)
        try:
            data = picture_bytes(item.image)
            key = picture_key(data, item.crop)
            if key in known:
                return ReadPicture(item, key)
            decoded = decode(data, box=crop_box(data, item.crop), target=target, as_srgb=as_srgb)
            return ReadPicture(item, key, fit(decoded.pixels))
        except PictureRejected as rejection:
            return ReadPicture(item, code=rejection.code, detail=rejection.detail)
        except ObjectChangedError as error:
            return ReadPicture(item, code="changed", detail=str(error))
        except OSError as error:
            return ReadPicture(item, code="missing", detail=f"{item.image} cannot be read: {error.strerror or error}")

    threads = max(workers, _OBJECT_THREADS) if isinstance(root, ObjectRoot) else workers
    with ThreadPoolExecutor(threads, thread_name_prefix="read") as pool:
        waiting: deque[Future[ReadPicture]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(read, item))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def picture_key(data: bytes, crop: tuple[int, int, int, int] | None) -> bytes:
    """sha256 of a picture's bytes and its crop: everything that an embedding depends on besides the model."""
    digest = hashlib.sha256(data)
    if crop is not None:
        digest.update(f"crop {crop}".encode())
    return digest.digest()


def crop_box(data: bytes, crop: tuple[int, int, int, int] | None) -> Box | None:
    """An item's crop as a box, or None for the whole picture; see `Box.of_crop`.

    Raises:
        PictureRejected: the picture's header is not acceptable.
    """
    if crop is None:
        return None
    header = inspect(data)
    return Box.of_crop(crop, header.width, header.height)


def _reader(root: Path | ObjectRoot, *, follow_links: bool, links_to: Sequence[Path]) -> Callable[[str], bytes]:
    if isinstance(root, ObjectRoot):
        return partial(_object_bytes, root)
    folder = root.resolve()
    return partial(_picture_bytes, folder, also=(Path(folder.anchor),) if follow_links else tuple(links_to))


def _object_bytes(root: ObjectRoot, image: str) -> bytes:
    facts = root.objects.get(image)
    if facts is not None and facts.bytes > MAX_PICTURE_BYTES:
        raise _too_large(image)
    return root.read(image, most_bytes=MAX_PICTURE_BYTES)


def _picture_bytes(root: Path, image: str, *, also: Sequence[Path]) -> bytes:
    try:
        with open_beneath(root, image, also=also) as stream:
            data = stream.read(MAX_PICTURE_BYTES + 1)
    except OutsideError as error:
        raise PictureRejected(
            "image_unreadable",
            f"{image} leads outside the catalogue's folder; copy the picture into it, or pass --follow-links",
        ) from error
    if len(data) > MAX_PICTURE_BYTES:
        raise _too_large(image)
    return data


def _too_large(image: str) -> PictureRejected:
    return PictureRejected(
        "image_too_large", f"{image} has over {MAX_PICTURE_BYTES:,} bytes; save a smaller version of it"
    )
