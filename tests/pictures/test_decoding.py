import random
import time

import numpy as np
import pytest
from PIL import Image

from contracts.box import Box
from contracts.errors import PictureRejected
from pictures.decoding import DecodingAbandonedError, decode, decode_checked
from pictures.header import inspect
from tests.pictures.picture_files import (
    encoded,
    jpeg,
    jpeg_with_orientation,
    multi_picture_jpeg,
    png_of_one_colour,
    shirt,
)

REFERENCE = np.asarray(shirt()).astype(int)


def difference(data: bytes) -> float:
    """Mean absolute difference to the plain shirt, 0..255."""
    pixels = decode(data, box=None, target=224).pixels
    assert pixels.shape == REFERENCE.shape
    assert pixels.dtype == np.uint8
    return float(np.abs(pixels - REFERENCE).mean())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    assert difference(jpeg_with_orientation(orientation)) < 3


@pytest.mark.parametrize(
    "data",
    [
        jpeg(),
        jpeg(progressive=True),
        multi_picture_jpeg(),
        encoded(shirt(), "PNG"),
        encoded(shirt().convert("P", palette=Image.Palette.ADAPTIVE), "PNG"),
        encoded(shirt().convert("RGBA"), "PNG"),
        encoded(shirt(), "WEBP", lossless=True),
        encoded(shirt().convert("CMYK"), "JPEG", quality=95),
    ],
    ids=["jpeg", "progressive", "multi-picture", "png", "palette", "rgba", "webp", "cmyk"],
)
def test_every_kind_shows_the_same_shirt(data: bytes) -> None:
    assert difference(data) < 4


def test_sixteen_bit_grey_stays_grey() -> None:
    grey = Image.fromarray(np.full((20, 30), 0x8000, np.uint16))
    pixels = decode(encoded(grey, "PNG"), box=None, target=224).pixels
    assert pixels.shape == (20, 30, 3)
    assert np.all(pixels == 128)


def test_transparency_lies_on_white() -> None:
    rgba = Image.new("RGBA", (20, 20), (200, 0, 0, 0))
    assert np.all(decode(encoded(rgba, "PNG"), box=None, target=224).pixels == 255)
    palette = Image.new("P", (20, 20), 1)
    palette.putpalette([0, 0, 0, 200, 0, 0])
    data = encoded(palette, "PNG", transparency=1)
    assert np.all(decode(data, box=None, target=224).pixels == 255)


def test_a_box_cuts_the_upright_picture() -> None:
    # The left half of the shirt is the bright one, however the pixels are stored.
    for orientation in range(1, 9):
        decoded = decode(jpeg_with_orientation(orientation), box=Box(0.2, 0.3, 0.4, 0.7), target=224)
        assert (decoded.width, decoded.height) == (60, 80)
        assert np.abs(decoded.pixels.mean((0, 1)) - (220, 40, 40)).max() < 8
        assert decoded.pixels.shape[:2] == (32, 12)


def test_a_box_of_few_pixels_is_too_small() -> None:
    with pytest.raises(PictureRejected) as rejection:
        decode(jpeg(), box=Box(0.5, 0.5, 0.55, 0.9), target=224)
    assert rejection.value.code == "image_too_small"


@pytest.mark.parametrize("corners", [(0.5, 0, 0.2, 1), (0, 0, 1.2, 1), (-0.1, 0, 1, 1), (0, 0, float("nan"), 1)])
def test_a_box_outside_the_picture_is_refused(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(PictureRejected) as rejection:
        Box(*corners)
    assert rejection.value.code == "invalid_box"


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_large_pictures_arrive_shrunk_but_large_enough(picture_format: str) -> None:
    data = encoded(shirt(3000, 4000), picture_format)
    whole = decode(data, box=None, target=224)
    assert (whole.width, whole.height) == (3000, 4000)
    assert 448 <= max(whole.pixels.shape) < 1000
    part = decode(data, box=Box(0.25, 0.25, 0.5, 0.5), target=224)
    assert 448 <= max(part.pixels.shape) <= 1100


@pytest.mark.parametrize("colour_type", [0, 2, 3, 4, 6])
def test_a_large_flat_png_is_decoded(colour_type: int) -> None:
    data = png_of_one_colour(4000, 3000, colour_type=colour_type)
    assert decode(data, box=None, target=224).pixels.shape[2] == 3


def test_truncated_pictures_are_unreadable() -> None:
    for data in (jpeg(600, 800), encoded(shirt(600, 800), "PNG"), encoded(shirt(600, 800), "WEBP")):
        with pytest.raises(PictureRejected) as rejection:
            decode(data[: len(data) * 2 // 3], box=None, target=224)
        assert rejection.value.code == "image_unreadable"


def test_mutated_pictures_are_decoded_or_refused_and_nothing_else() -> None:
    generator = random.Random(7)
    seeds = [
        jpeg(),
        jpeg(progressive=True),
        jpeg_with_orientation(6),
        multi_picture_jpeg(),
        encoded(shirt().convert("CMYK"), "JPEG"),
        encoded(shirt(), "PNG"),
        encoded(shirt().convert("P"), "PNG"),
        encoded(shirt().convert("RGBA"), "PNG"),
        encoded(shirt(), "WEBP"),
        encoded(shirt(), "WEBP", lossless=True),
    ]
    slowest = 0.0
    for _ in range(3000):
        data = bytearray(generator.choice(seeds))
        for _ in range(generator.randint(1, 12)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        started = time.perf_counter()
        try:
            pixels = decode(bytes(data), box=None, target=224).pixels
        except PictureRejected:
            pass
        else:
            assert pixels.ndim == 3
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 2


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_decoding_ends_when_nobody_waits_for_it(picture_format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    header = inspect(encoded(Image.fromarray(noise), picture_format))
    reads = iter([False, False, *[True] * 1000])
    with pytest.raises(DecodingAbandonedError):
        decode_checked(header, box=None, target=224, is_abandoned=lambda: next(reads))
