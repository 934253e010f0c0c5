"""Encodes pictures for a pack: shrunk to what a training can use, as WebP."""

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from contracts.errors import PictureRejected
from contracts.progress import Progress
from pictures.decoding import decode
from pictures.header import MAX_SIDE_PX, MIN_SIDE_PX
from tools.train_shipped.pack_files import PackedPicture
from tools.train_shipped.records import PictureRecord

# The slower methods save 5 % of the bytes.
_METHOD = 2
_ENCODED_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Encoding:
    """How pictures of one kind are encoded.

    Attributes:
        shorter, longer: the sides are shrunk until they are at most this long, pixels; None: without a limit. Pictures
            are never enlarged.
        quality: of WebP, 0 to 100.
    """

    shorter: int | None
    longer: int | None
    quality: int

    def encode(self, path: Path) -> bytes:
        """Encode a picture's file, upright and with transparent parts on white.

        Raises:
            PictureRejected: the picture is damaged, too large, or no picture.
            OSError: the file cannot be read.
        """
        # With the largest target nothing is shrunk while decoding.
        image = Image.fromarray(decode(path.read_bytes(), box=None, target=MAX_SIDE_PX, as_srgb=True).pixels)
        scale = self._scale(image.width, image.height)
        if scale < 1:
            width, height = round(image.width * scale), round(image.height * scale)
            if min(width, height) < MIN_SIDE_PX:
                raise PictureRejected("image_too_small", f"shrunk, it has {width} x {height} pixels; crop it")
            image = image.resize((width, height), Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=self.quality, method=_METHOD)
        return buffer.getvalue()

    def _scale(self, width: int, height: int) -> float:
        scale = 1.0
        if self.shorter is not None:
            scale = min(scale, self.shorter / min(width, height))
        if self.longer is not None:
            scale = min(scale, self.longer / max(width, height))
        return scale


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """A picture to pack."""

    path: Path
    record: PictureRecord


@dataclass(frozen=True, slots=True)
class EncodedPictures:
    """The pictures of one kind after encoding.

    Attributes:
        pictures: those that can be read, in their order.
        unreadable: a sentence for each of the others.
    """

    pictures: list[PackedPicture]
    unreadable: list[str]


def encode_pictures(
    sources: Sequence[SourcePicture], encoding: Encoding, *, workers: int, progress: Progress
) -> EncodedPictures:
    """Encode the pictures of one kind.

    Args:
        sources: what to read.
        encoding: of all of them.
        workers: threads; Pillow releases the interpreter's lock while it decodes and encodes.
        progress: called with (pictures done, pictures in all).
    """
    result = EncodedPictures([], [])
    with ThreadPoolExecutor(workers, thread_name_prefix="encode") as pool:
        for done, (source, content) in enumerate(_encoded(pool, sources, encoding), 1):
            if isinstance(content, bytes):
                result.pictures.append(PackedPicture(source.record, content))
            else:
                result.unreadable.append(content)
            progress(done, len(sources))
    return result


def _encoded(
    pool: ThreadPoolExecutor, sources: Sequence[SourcePicture], encoding: Encoding
) -> Iterator[tuple[SourcePicture, bytes | str]]:
    """Each source with its bytes, or with the reason why it has none."""

    def encode(source: SourcePicture) -> bytes | str:
        try:
            return encoding.encode(source.path)
        except PictureRejected as rejection:
            return f"{source.path}: {rejection.detail}"
        except OSError as error:
            return f"{source.path} cannot be read: {error.strerror or error}"

    for start in range(0, len(sources), _ENCODED_AT_ONCE):
        part = sources[start : start + _ENCODED_AT_ONCE]
        yield from zip(part, pool.map(encode, part), strict=True)
