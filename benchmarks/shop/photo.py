"""A photo of 12 megapixels, as a phone takes it: upright by EXIF only, with noise, and some megabytes."""

import io

import numpy as np
from PIL import Image

_SIZE = (3000, 4000)
_ROTATED = 6
_ORIENTATION = 0x0112


def large_photo(garment: Image.Image, generator: np.random.Generator) -> bytes:
    """A JPEG of a garment on a wall, stored lying on its side.

    Args:
        garment: its picture, upright.
        generator: of the noise.
    """
    width, height = _SIZE
    wall = np.linspace((196, 188, 176), (148, 140, 130), height, dtype=np.float32)[:, None, :]
    picture = np.broadcast_to(wall, (height, width, 3)).copy()
    large = garment.convert("RGB").resize((width * 7 // 10, height * 7 // 10), Image.Resampling.BICUBIC)
    top, left = (height - large.height) // 2, (width - large.width) // 2
    picture[top : top + large.height, left : left + large.width] = np.asarray(large, np.float32)
    picture += generator.standard_normal((height, width, 1), dtype=np.float32) * 4.0
    upright = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    file = io.BytesIO()
    exif = Image.Exif()
    exif[_ORIENTATION] = _ROTATED
    upright.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", quality=92, exif=exif)
    return file.getvalue()
