"""Pictures of 12 megapixels and 2 MB, as phones take them."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from contracts.errors import BenchmarkError
from pictures.formats import SUFFIXES

CARDS: Final = 12
_PIXELS: Final = 12_000_000
_NOISE: Final = 4.0
_LEAST_BYTES: Final = 1_500_000
_MOST_BYTES: Final = 2_200_000
_QUALITIES: Final = (92, 88, 84, 80, 75, 70, 60)


def originals(folder: Path, draw: np.random.Generator) -> Iterator[bytes]:
    """Twelve pictures of a folder as JPEG files of about 2 MB, enlarged and with the noise of a sensor.

    Files that are so large already are taken as they are.

    Args:
        folder: of pictures, searched through its subfolders.
        draw: source of all randomness.

    Raises:
        BenchmarkError: there are fewer.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if len(files) < CARDS:
        raise BenchmarkError(f"{folder} has {len(files)} pictures; {CARDS} are needed")
    for at in draw.choice(len(files), CARDS, replace=False):
        if files[int(at)].stat().st_size >= _LEAST_BYTES:
            yield files[int(at)].read_bytes()
            continue
        with Image.open(files[int(at)]) as image:
            yield _as_taken(image.convert("RGB"), draw, _QUALITIES)


def _as_taken(image: Image.Image, draw: np.random.Generator, qualities: Sequence[int]) -> bytes:
    scale = (_PIXELS / (image.width * image.height)) ** 0.5
    size = (round(image.width * scale), round(image.height * scale))
    pixels = np.asarray(image.resize(size, Image.Resampling.BICUBIC), np.float32)
    pixels = pixels + draw.normal(0.0, _NOISE, (*pixels.shape[:2], 1)).astype(np.float32)
    noisy = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    for quality in qualities:
        stream = io.BytesIO()
        noisy.save(stream, "JPEG", quality=quality)
        if stream.tell() <= _MOST_BYTES:
            break
    return stream.getvalue()
