"""Pictures: the header check, what decoding is expected to take, and decoding itself."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from PIL import Image, ImageCms

from contracts.box import Box
from contracts.errors import PictureRejected
from pictures.decoding import decode_checked
from pictures.decoding_cost import peak_bytes
from pictures.header import inspect
from sample.archive import ARCHIVE, SampleArchive
from tools.fuzz.target import Check, FaultError, Target

_TARGET_PX: Final = 224
_BOXES: Final = (None, Box(0.25, 0.25, 0.75, 0.75))
_REAL_PICTURES: Final = 6


@contextmanager
def _opened() -> Iterator[Check]:
    yield _check


def _check(data: bytes) -> None:
    for box in _BOXES:
        try:
            header = inspect(data)
            if peak_bytes(header, box=box, target=_TARGET_PX) < 0:
                raise FaultError("decoding is expected to take less than nothing")
            pixels = decode_checked(header, box=box, target=_TARGET_PX, as_srgb=True).pixels
        except PictureRejected:
            continue
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
            raise FaultError(f"the pixels are {pixels.dtype} of shape {pixels.shape}")


def drawn(picture_format: str, mode: str = "RGB", **options: Any) -> bytes:
    """A small picture of smooth noise as a file's bytes."""
    coarse = np.random.default_rng(7).integers(0, 256, (8, 6, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((60, 80), Image.Resampling.BICUBIC).convert(mode)
    stream = io.BytesIO()
    save: Callable[..., None] = image.save
    save(stream, picture_format, **options)
    return stream.getvalue()


def _seeds() -> Sequence[bytes]:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    turned = Image.Exif()
    turned[0x0112] = 6
    made = [
        drawn("JPEG", quality=80, exif=turned.tobytes(), icc_profile=profile),
        drawn("JPEG", quality=60, progressive=True),
        drawn("JPEG", "CMYK"),
        drawn("JPEG", "L"),
        drawn("PNG", icc_profile=profile),
        drawn("PNG", "RGBA"),
        drawn("PNG", "P"),
        drawn("PNG", "1"),
        drawn("PNG", "I;16"),
        drawn("WEBP", quality=60, exif=turned.tobytes()),
        drawn("WEBP", "RGBA", lossless=True),
    ]
    with SampleArchive(ARCHIVE) as archive:
        real = [name for name in archive.seals if name.endswith(".webp")][:_REAL_PICTURES]
        return [*made, *(archive.read(name) for name in real)]


PICTURES = Target("pictures", _opened, _seeds, limit_s=5.0)
