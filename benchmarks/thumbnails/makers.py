"""Ways to make a thumbnail: ours, Pillow as its tutorial uses it, and libvips, which many image servers use."""

import io
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Final

import numpy as np
from PIL import Image

from pictures.header import inspect
from pictures.thumbnail import AVIF, WEBP, ThumbnailFormat, thumbnail

FORMATS: Final = (AVIF, WEBP)
Maker = Callable[[bytes, int, ThumbnailFormat], bytes]


def ours(data: bytes, width: int, made_as: ThumbnailFormat) -> bytes:
    """With every check that an upload gets."""
    return thumbnail(data, inspect(data), width=width, made_as=made_as)


def pillow(data: bytes, width: int, made_as: ThumbnailFormat) -> bytes:
    """Open, shrink and save, all options as they are by default."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.thumbnail((width, 4 * width))
    stream = io.BytesIO()
    image.save(stream, made_as.name)
    return stream.getvalue()


def libvips(data: bytes, width: int, made_as: ThumbnailFormat) -> bytes:
    """Its own operation for thumbnails, with one thread, and the encoders as `sharp` calls them."""
    import pyvips

    image = pyvips.Image.thumbnail_buffer(data, width, height=4 * width, size="down", export_profile="srgb")
    if made_as is AVIF:
        made: bytes = image.heifsave_buffer(compression="av1", Q=50, effort=4, keep="none")
    else:
        made = image.webpsave_buffer(Q=80, effort=4, keep="none")
    return made


def makers() -> Mapping[str, Maker]:
    """The ways that can be tried on this machine."""
    known: dict[str, Maker] = {"ours": ours, "Pillow": pillow}
    if find_spec("pyvips") is not None:
        known["libvips"] = libvips
    return known


def likeness(data: bytes, made: bytes) -> float:
    """How near a thumbnail comes to the picture shrunk without loss: PSNR of its luma, dB."""
    small = Image.open(io.BytesIO(made)).convert("L")
    exact = Image.open(io.BytesIO(data)).convert("L").resize(small.size, Image.Resampling.LANCZOS)
    difference = np.asarray(exact, np.float64) - np.asarray(small, np.float64)
    return float(10.0 * np.log10(255.0**2 / np.mean(difference**2)))
