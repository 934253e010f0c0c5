"""Thumbnails: what they show, whatever the picture is, and what making them takes."""

import functools
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from contracts.errors import PictureRejected
from pictures.decoding import DecodingAbandonedError
from pictures.header import inspect
from pictures.thumbnail import AVIF, HIGHEST, JPEG, THUMBNAIL_FORMATS, WEBP, WIDTHS, ThumbnailFormat, thumbnail
from tests.pictures.picture_files import encoded, jpeg, jpeg_with_orientation, shirt
from tests.pictures.profiles import WIDE_RGB

REPOSITORY = Path(__file__).parents[2]
LEFT, RIGHT = (220, 40, 40), (120, 20, 20)


def made(data: bytes, width: int = 160, made_as: ThumbnailFormat = WEBP) -> Image.Image:
    """The thumbnail of a picture, opened."""
    image = Image.open(io.BytesIO(thumbnail(data, inspect(data), width=width, made_as=made_as)))
    image.load()
    return image


def colours(image: Image.Image) -> tuple[list[int], list[int]]:
    """The mean colours of the shirt's left and right half."""
    pixels = np.asarray(image.convert("RGB"), float)
    height, width = pixels.shape[:2]
    middle = slice(3 * height // 8, 5 * height // 8)
    halves = (slice(width // 4, 3 * width // 8), slice(5 * width // 8, 3 * width // 4))
    left, right = (pixels[middle, half].mean(axis=(0, 1)).round().astype(int).tolist() for half in halves)
    return left, right


def is_shirt(image: Image.Image, tolerance: int = 8) -> bool:
    """Whether it is the shirt, upright and in its colours."""
    return all(
        np.allclose(got, wanted, atol=tolerance) for got, wanted in zip(colours(image), (LEFT, RIGHT), strict=True)
    )


@pytest.mark.parametrize("made_as", THUMBNAIL_FORMATS, ids=lambda known: known.name)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_has_the_width_and_format_that_are_asked_for(width: int, made_as: ThumbnailFormat) -> None:
    image = made(encoded(shirt(1500, 1000), "PNG"), width, made_as)
    assert (image.size, image.format) == ((width, round(width * 2 / 3)), made_as.name)
    assert is_shirt(image)


@functools.cache
def modes() -> dict[str, bytes]:
    """Pictures of every kind of pixel, all of the shirt at 300 x 400."""
    rgb = shirt(300, 400)
    alpha = rgb.convert("RGBA")
    # What is transparent is black below: it must not show.
    pixels = np.asarray(alpha).copy()
    pixels[(pixels[..., :3] == 255).all(axis=-1)] = 0
    sixteen = np.asarray(rgb.convert("L")).astype(np.uint16) * 257
    return {
        "rgb": encoded(rgb, "PNG"),
        "alpha": encoded(Image.fromarray(pixels), "PNG"),
        "alpha-webp": encoded(Image.fromarray(pixels), "WEBP", lossless=True),
        "alpha-avif": encoded(Image.fromarray(pixels), "AVIF", quality=95),
        "palette": encoded(rgb.quantize(8), "PNG"),
        "palette-alpha": encoded(Image.fromarray(pixels).quantize(8), "PNG"),
        "grey": encoded(rgb.convert("L"), "JPEG", quality=95),
        "grey-16": encoded(Image.fromarray(sixteen), "PNG"),
        "bilevel": encoded(rgb.convert("1", dither=Image.Dither.NONE), "PNG"),
        "cmyk": encoded(rgb.convert("CMYK"), "JPEG", quality=95),
        "progressive": encoded(rgb, "JPEG", quality=95, progressive=True),
        "heic": encoded(rgb, "HEIF", quality=95),
    }


@pytest.mark.parametrize("made_as", THUMBNAIL_FORMATS, ids=lambda known: known.name)
@pytest.mark.parametrize("kind", modes())
def test_pixels_of_every_kind_become_the_same_picture(kind: str, made_as: ThumbnailFormat) -> None:
    image = made(modes()[kind], 160, made_as)
    assert image.size == (160, 213)
    keeps = "alpha" in kind and made_as.keeps_transparency
    assert image.mode == ("RGBA" if keeps else "RGB")
    if keeps:
        assert np.asarray(image)[2, 2, 3] < 8
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    if kind in {"grey", "grey-16", "bilevel"}:
        expected = [
            np.asarray(shirt().convert("L" if kind != "bilevel" else "1").convert("L"))[40, at] for at in (22, 37)
        ]
        left, right = colours(image)
        assert np.allclose([left, right], [[value] * 3 for value in expected], atol=6)
    else:
        assert is_shirt(image, tolerance=10)
    assert np.allclose(np.asarray(image.convert("RGB"))[2:6, 2:6], 255, atol=6)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright(orientation: int) -> None:
    image = made(jpeg_with_orientation(orientation), 160, JPEG)
    assert image.size == (60, 80)
    assert is_shirt(image)
    assert image.getexif() == {}


def test_its_colours_are_srgb_and_it_has_no_profile() -> None:
    srgb = ImageCms.createProfile("sRGB")
    wide = ImageCms.profileToProfile(shirt(300, 400), srgb, ImageCms.ImageCmsProfile(io.BytesIO(WIDE_RGB)))
    assert wide is not None
    for made_as in THUMBNAIL_FORMATS:
        # As it is, and so small already that nothing but its colours must change.
        for size in ((300, 400), (90, 120)):
            image = made(encoded(wide.resize(size), "PNG", icc_profile=WIDE_RGB), 160, made_as)
            assert is_shirt(image)
            assert "icc_profile" not in image.info


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_a_profile_that_changes_nothing_is_not_sent_either(kind: str) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, b"not a profile"):
        data = encoded(shirt(300, 400), kind, icc_profile=profile)
        for made_as in THUMBNAIL_FORMATS:
            assert "icc_profile" not in made(data, 160, made_as).info


@pytest.mark.parametrize("size", [(300, 400), (60, 80)], ids=["shrunk", "as it was"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_it_says_nothing_of_who_took_it_where_and_with_what(kind: str, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    data = encoded(shirt(*size), kind, exif=exif, xmp=b"<x:xmpmeta>SecretCamera</x:xmpmeta>", comment=b"SecretCamera")
    assert b"SecretCamera" in data
    for made_as in THUMBNAIL_FORMATS:
        file = thumbnail(data, inspect(data), width=160, made_as=made_as)
        assert b"Secret" not in file
        assert dict(Image.open(io.BytesIO(file)).getexif()) == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_enlarged(width: int) -> None:
    assert made(encoded(shirt(150, 200), "PNG"), width).size == (150, 200)


def test_a_small_file_stays_as_it_is() -> None:
    data = jpeg(60, 80)
    for made_as in THUMBNAIL_FORMATS:
        assert thumbnail(data, inspect(data), width=160, made_as=made_as) == data
    webp = encoded(shirt(60, 80), "WEBP", quality=80)
    assert thumbnail(webp, inspect(webp), width=160, made_as=WEBP) == webp
    # Whoever asks for JPEG may know nothing else, and whoever asks for AVIF has not said that it knows WebP.
    for made_as in (JPEG, AVIF):
        assert made(webp, 160, made_as).format == made_as.name
    # Its colours are not those of a screen.
    four_inks = encoded(shirt(60, 80).convert("CMYK"), "JPEG")
    assert made(four_inks, 160, JPEG).mode == "RGB"


def test_a_file_that_needs_no_shrinking_never_becomes_larger() -> None:
    generator = np.random.Generator(np.random.PCG64(3))
    noise = Image.fromarray(generator.integers(0, 256, (400, 300, 3), dtype=np.uint8))
    coarse = encoded(noise, "JPEG", quality=20)
    assert thumbnail(coarse, inspect(coarse), width=640, made_as=WEBP) == coarse
    fine = encoded(noise, "PNG")
    assert len(thumbnail(fine, inspect(fine), width=640, made_as=WEBP)) < len(fine) / 2


def test_a_strip_becomes_narrower_instead_of_endlessly_high() -> None:
    assert made(encoded(Image.new("RGB", (400, 8000), "red"), "PNG"), 160).size == (32, 160 * HIGHEST)
    assert made(encoded(Image.new("RGB", (8000, 10), "red"), "PNG"), 160).size == (160, 1)
    # WebP has no sides over 16,383.
    assert made(encoded(Image.new("RGB", (8, 19_000), "red"), "PNG"), 1280).size == (2, 1280 * HIGHEST)


@pytest.mark.parametrize("data", [jpeg(600, 800)[:-2000], encoded(shirt(600, 800), "PNG")[:-200]], ids=["JPEG", "PNG"])
def test_damaged_pixels_are_refused(data: bytes) -> None:
    with pytest.raises(PictureRejected, match="truncated or damaged"):
        thumbnail(data, inspect(data), width=160, made_as=WEBP)


def test_making_is_given_up_when_nobody_waits() -> None:
    data = jpeg(1600, 2000)
    with pytest.raises(DecodingAbandonedError):
        thumbnail(data, inspect(data), width=160, made_as=WEBP, is_abandoned=lambda: True)


@pytest.mark.parametrize(
    ("mode", "size", "kind", "width", "made_as"),
    [
        ("RGB", (1280, 5120), "JPEG", 1280, AVIF),
        ("RGBA", (1900, 2500), "WEBP", 1280, WEBP),
    ],
)
def test_the_estimate_covers_what_making_takes(
    tmp_path: Path, mode: str, size: tuple[int, int], kind: str, width: int, made_as: ThumbnailFormat
) -> None:
    image = Image.radial_gradient("L").resize(size).convert("RGB").convert(mode)
    if mode == "RGBA":
        image.putalpha(100)
    file = tmp_path / "picture"
    file.write_bytes(encoded(image, kind, quality=50, method=0))
    result = subprocess.run(
        [sys.executable, "-m", "tests.pictures.measured_thumbnail", str(file), str(width), made_as.name],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    expected, taken = map(int, result.stdout.split())
    assert taken / 1.1 <= expected <= 2.5 * taken, f"{expected:,} expected, {taken:,} taken"
