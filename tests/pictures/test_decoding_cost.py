"""The estimate of what decoding takes, against what it takes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.pictures.picture_files import encoded, png_of_one_colour

REPOSITORY = Path(__file__).parents[2]
SIDE = 4400
# Below this, what a process takes besides counts for too much.
COUNTED_BYTES = 20 * 1024 * 1024


def png(bit_depth: int, colour_type: int) -> Callable[[], bytes]:
    return lambda: png_of_one_colour(SIDE, SIDE, bit_depth=bit_depth, colour_type=colour_type)


def jpeg(mode: str, **options: object) -> Callable[[], bytes]:
    return lambda: encoded(Image.new(mode, (SIDE, SIDE)), "JPEG", quality=50, **options)


def gradient(mode: str) -> Image.Image:
    # Not of one colour, which lossless WebP writes with more pixels per byte than are accepted.
    image = Image.radial_gradient("L").resize((SIDE, SIDE)).convert(mode)
    if mode == "RGBA":
        image.putalpha(100)
    return image


def webp(mode: str, **options: object) -> Callable[[], bytes]:
    return lambda: encoded(gradient(mode), "WEBP", method=0, **options)


def coded(mode: str, picture_format: str, **options: object) -> Callable[[], bytes]:
    return lambda: encoded(gradient(mode), picture_format, quality=50, **options)


PICTURES: dict[str, Callable[[], bytes]] = {
    "png-grey": png(8, 0),
    "png-grey-16": png(16, 0),
    "png-grey-alpha": png(8, 4),
    "png-grey-alpha-16": png(16, 4),
    "png-rgb": png(8, 2),
    "png-rgb-16": lambda: png_of_one_colour(4000, 4000, bit_depth=16, colour_type=2),
    "png-rgba": png(8, 6),
    "png-palette": png(8, 3),
    "webp": webp("RGB", quality=50),
    "webp-lossless": webp("RGB", lossless=True, quality=0),
    "webp-alpha": webp("RGBA", quality=50),
    "jpeg-444": jpeg("RGB", subsampling=0),
    "jpeg-420-progressive": jpeg("RGB", subsampling=2, progressive=True),
    "jpeg-444-progressive": jpeg("RGB", subsampling=0, progressive=True),
    "jpeg-cmyk-progressive": jpeg("CMYK", progressive=True),
    "avif-420": coded("RGB", "AVIF", speed=10),
    "avif-444": coded("RGB", "AVIF", speed=10, subsampling="4:4:4"),
    "avif-alpha": coded("RGBA", "AVIF", speed=10),
    "heic-420": coded("RGB", "HEIF", enc_params={"preset": "ultrafast"}),
    "jpeg-grey-progressive": jpeg("L", progressive=True),
}


def measured(data: bytes, folder: Path) -> list[list[int]]:
    """The estimate, and what a process of its own took, bytes: for the whole picture and for its corner."""
    file = folder / "picture"
    file.write_bytes(data)
    result = subprocess.run(
        [sys.executable, "-m", "tests.pictures.measured_decoding", str(file), "96"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [[int(figure) for figure in line.split()] for line in result.stdout.splitlines()]


@pytest.mark.parametrize("kind", PICTURES)
def test_the_estimate_is_what_decoding_takes(tmp_path: Path, kind: str) -> None:
    whole, corner = measured(PICTURES[kind](), tmp_path)
    for part, (expected, taken) in (("whole", whole), ("corner", corner)):
        if max(expected, taken) > COUNTED_BYTES:
            assert taken / 1.3 <= expected <= taken * 1.3, f"{part}: {expected:,} expected, {taken:,} taken"
