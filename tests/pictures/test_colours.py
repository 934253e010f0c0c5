"""Colours of pictures with a profile."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from pictures.decoding import decode
from tests.pictures.picture_files import encoded, shirt
from tests.pictures.profiles import WIDE_RGB, grey_profile, rgb_profile

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LOSSLESS: dict[str, dict[str, object]] = {
    "PNG": {},
    "WEBP": {"lossless": True},
    "JPEG": {"quality": 100, "subsampling": 0},
    "AVIF": {"quality": 100, "subsampling": "4:4:4"},
    "HEIF": {"quality": 100, "chroma": 444},
}


def pixels_of(data: bytes, *, as_srgb: bool = True) -> np.ndarray:
    return decode(data, box=None, target=224, as_srgb=as_srgb).pixels.astype(int)


def in_space(image: Image.Image, profile: bytes) -> Image.Image:
    """The same colours, written as the numbers of another space."""
    import io

    found = ImageCms.profileToProfile(
        image, ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile))
    )
    assert found is not None
    return found


@pytest.mark.parametrize("kind", LOSSLESS)
def test_numbers_of_another_space_become_the_colours_that_they_mean(kind: str) -> None:
    wide = in_space(shirt(), WIDE_RGB)
    data = encoded(wide, kind, icc_profile=WIDE_RGB, **LOSSLESS[kind])
    raw = np.asarray(wide, int)
    meant = np.asarray(shirt(), int)
    assert np.abs(raw - meant).max() > 25
    tolerance = 4 if kind in {"PNG", "WEBP"} else 14
    assert np.percentile(np.abs(pixels_of(data) - meant), 99) <= tolerance
    assert np.percentile(np.abs(pixels_of(data, as_srgb=False) - raw), 99) <= tolerance


def test_a_profile_that_is_srgb_changes_nothing() -> None:
    data = encoded(shirt(), "PNG", icc_profile=SRGB)
    np.testing.assert_array_equal(pixels_of(data), np.asarray(shirt()))


def test_transparency_stays() -> None:
    image = in_space(shirt(), WIDE_RGB).convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    assert (pixels_of(encoded(image, "PNG", icc_profile=WIDE_RGB)) == 255).all()


def test_a_palette_is_converted() -> None:
    image = in_space(shirt(), WIDE_RGB).quantize(8)
    found = pixels_of(encoded(image, "PNG", icc_profile=WIDE_RGB))
    assert np.percentile(np.abs(found - np.asarray(shirt(), int)), 95) <= 6


def test_grey_with_a_profile_of_its_own() -> None:
    grey = Image.new("L", (40, 40), 128)
    (linear,) = set(pixels_of(encoded(grey, "PNG", icc_profile=grey_profile(gamma=1.0))).ravel().tolist())
    # Half of the light is 188 in sRGB.
    assert abs(linear - 188) <= 2


@pytest.mark.parametrize(
    "profile",
    [b"", b"not a profile", SRGB[:200], WIDE_RGB[:-30], bytes(128), b"\xff" * 5000, grey_profile(gamma=1.0)],
    ids=["none", "text", "cut", "cut-late", "zeros", "ones", "of-another-space"],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_broken_profile_is_ignored(kind: str, profile: bytes) -> None:
    plain = encoded(shirt(), kind, **LOSSLESS[kind])
    data = encoded(shirt(), kind, icc_profile=profile, **LOSSLESS[kind])
    np.testing.assert_array_equal(pixels_of(data), pixels_of(plain))


def test_a_jpeg_profile_in_several_segments() -> None:
    long = rgb_profile(WIDE_RGB, padding=150_000)
    wide = in_space(shirt(), WIDE_RGB)
    one, two = (pixels_of(encoded(wide, "JPEG", icc_profile=each, **LOSSLESS["JPEG"])) for each in (WIDE_RGB, long))
    np.testing.assert_array_equal(one, two)


def test_a_profile_over_the_limit_is_not_read(tmp_path: Path) -> None:
    huge = rgb_profile(WIDE_RGB, padding=5 * 1024 * 1024)
    data = encoded(in_space(shirt(), WIDE_RGB), "PNG", icc_profile=huge)
    np.testing.assert_array_equal(pixels_of(data), pixels_of(data, as_srgb=False))
