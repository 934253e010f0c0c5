"""The walk over a file's parts: what it costs, what it finds, what it hands on."""

import io
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from contracts.box import Box
from contracts.errors import PictureRejected
from pictures import jpeg as jpeg_module
from pictures.decoding import decode
from pictures.exif import orientation_of
from pictures.header import MAX_PIXELS_OF_ANY_FILE, inspect
from tests.pictures.picture_files import (
    HOSTILE_HEADERS,
    encoded,
    exif_segment,
    inflating_chunk,
    jpeg,
    multi_picture_jpeg,
    png_of_one_colour,
    shirt,
    with_jpeg_segments,
    with_png_chunks,
)


@pytest.mark.parametrize("kind", HOSTILE_HEADERS)
def test_a_header_costs_little_whatever_it_holds(kind: str) -> None:
    data = HOSTILE_HEADERS[kind]()
    started = time.thread_time()
    with suppress(PictureRejected):
        header = inspect(data)
        assert (header.width, header.height) in {(60, 80), (80, 60)}
    assert time.thread_time() - started < 0.4


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt", b"iTXt"])
def test_of_the_compressed_metadata_of_a_png_next_to_nothing_is_inflated(kind: bytes) -> None:
    data = with_png_chunks(inflating_chunk(kind), 900, encoded(shirt(), "PNG"))
    started = time.thread_time()
    pixels = decode(data, box=None, target=224).pixels
    assert time.thread_time() - started < 0.2
    np.testing.assert_array_equal(pixels, np.asarray(shirt()))


def test_scans_are_those_of_the_first_picture_and_not_of_what_follows_it() -> None:
    trailer = b"\xff\xda" * 200
    data = jpeg()
    np.testing.assert_array_equal(decode(data + trailer, box=None, target=224).pixels, decoded(data))
    motion = data + b"\0\0\0\x18ftypmp42" + np.random.default_rng(0).bytes(300_000) + trailer
    np.testing.assert_array_equal(decode(motion, box=None, target=224).pixels, decoded(data))
    assert inspect(data + trailer).structure.essential == data


def test_scan_markers_in_metadata_are_no_scans() -> None:
    comment = b"\xff\xfe\x02\x02" + b"\xff\xda" * 256
    assert inspect(with_jpeg_segments(comment, 3)).width == 60


def test_the_second_picture_of_a_multi_picture_file_is_left_out() -> None:
    data = multi_picture_jpeg()
    structure = inspect(data).structure
    assert len(structure.essential) < len(data)
    assert structure.essential.count(b"MPF\0") == 0


def test_scans_are_limited_by_what_they_cost_together(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(shirt(400, 400), "JPEG", progressive=True)
    assert inspect(data).width == 400
    monkeypatch.setattr(jpeg_module, "MAX_SCANNED_SAMPLES", 400 * 400 * 3)
    with pytest.raises(PictureRejected, match="takes too long to decode") as rejection:
        inspect(data)
    assert rejection.value.code == "image_unreadable"


def test_encoders_own_scans_are_within_the_limit_at_fifty_megapixels() -> None:
    for mode in ("RGB", "CMYK"):
        scanned = visited(encoded(Image.new(mode, (800, 800)), "JPEG", progressive=True, subsampling=0))
        assert scanned * 50_000_000 / 800**2 < jpeg_module.MAX_SCANNED_SAMPLES


def test_a_second_frame_is_damage() -> None:
    data = jpeg()
    at = data.index(b"\xff\xc0")
    frame = data[at : at + 19]
    with pytest.raises(PictureRejected, match="damaged"):
        inspect(data[:at] + frame + data[at:])


@pytest.mark.parametrize("colour_type", [0, 2, 3, 4, 6])
def test_pixels_do_not_depend_on_metadata(colour_type: int) -> None:
    plain = png_of_one_colour(30, 20, colour_type=colour_type)
    described = with_png_chunks(inflating_chunk(b"iCCP"), 3, plain)
    np.testing.assert_array_equal(
        decode(described, box=None, target=224).pixels, decode(plain, box=None, target=224).pixels
    )


def test_orientation_is_found_where_pillow_finds_it() -> None:
    for orientation in range(12):
        for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
            exif = Image.Exif()
            exif[0x010F] = "camera"
            exif[0x0112] = orientation
            data = encoded(shirt(), kind, exif=exif)
            expected = orientation if 1 <= orientation <= 8 else 1
            assert inspect(data).orientation == expected
    assert inspect(with_jpeg_segments(exif_segment(6), 1)).orientation == 6


@pytest.mark.parametrize("length", range(40))
def test_exif_may_end_anywhere(length: int) -> None:
    whole = exif_segment(6)[4:]
    assert orientation_of(whole[:length]) in {1, 6}


# Drawn in the test: all of them take seconds, which every process that collects the tests would take.
LITTLE_TO_SEE: dict[str, tuple[Callable[[], bytes], bool]] = {
    "small lossless WebP": (lambda: encoded(Image.new("RGB", (2000, 2000), "white"), "WEBP", lossless=True), True),
    "small WebP": (lambda: encoded(Image.new("RGB", (2000, 2000), "white"), "WEBP"), True),
    "small PNG": (lambda: encoded(Image.new("RGB", (2000, 2000), "white"), "PNG", optimize=True), True),
    "small PNG of two colours": (lambda: encoded(Image.new("1", (2000, 2000)), "PNG"), True),
    "JPEG": (lambda: encoded(Image.new("RGB", (5000, 5000), "white"), "JPEG", progressive=True), True),
    "WebP": (lambda: encoded(Image.new("RGB", (5000, 5000), "white"), "WEBP"), True),
    "PNG of 16 bits": (lambda: png_of_one_colour(7000, 7000, bit_depth=16, colour_type=0), True),
    "PNG of one bit": (lambda: png_of_one_colour(7000, 6400, bit_depth=1, colour_type=0), False),
    "lossless WebP": (lambda: encoded(Image.new("RGB", (7000, 6380), "red"), "WEBP", lossless=True), False),
}


@pytest.mark.parametrize("kind", LITTLE_TO_SEE)
def test_bytes_must_justify_pixels(kind: str) -> None:
    draw, passes = LITTLE_TO_SEE[kind]
    data = draw()
    if passes:
        assert inspect(data).width >= 2000
        return
    with pytest.raises(PictureRejected, match="so it shows next to nothing") as rejection:
        inspect(data)
    assert rejection.value.code == "image_too_large"
    assert MAX_PIXELS_OF_ANY_FILE >= 2000 * 2000


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("box", [None, Box(0.1, 0.2, 0.83, 0.91)])
def test_strips_show_what_the_whole_would(orientation: int, box: Box | None) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (901, 1203, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(noise), "PNG", exif=exif, compress_level=1)
    with Image.open(io.BytesIO(data)) as image:
        upright = upright_of(image, orientation)
        part = upright if box is None else upright.crop(box.pixels(*upright.size))
        expected = part.reduce(max(part.size) // 192)
    np.testing.assert_array_equal(decode(data, box=box, target=96).pixels, np.asarray(expected))


def upright_of(image: Image.Image, orientation: int) -> Image.Image:
    """As Pillow turns it."""
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return image.copy() if turn is None else image.transpose(turn)


def decoded(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """What Pillow makes of it by itself."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def visited(data: bytes) -> int:
    """Samples that all scans visit."""
    low, high = 0, 10**9
    with pytest.MonkeyPatch.context() as patch:
        while low < high:
            middle = (low + high) // 2
            patch.setattr(jpeg_module, "MAX_SCANNED_SAMPLES", middle)
            try:
                inspect(data)
                high = middle
            except PictureRejected:
                low = middle + 1
    return low
