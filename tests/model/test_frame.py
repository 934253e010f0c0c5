import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.frame import without_frame
from model.preprocessing import Preprocessing

MAGENTA = (190, 20, 140)
MEAN = STD = (0.5, 0.5, 0.5)


def scene(height: int = 80, width: int = 60, seed: int = 0) -> NDArray[np.uint8]:
    """A street: colours everywhere, up to the border."""
    coarse = np.random.default_rng(seed).integers(0, 200, (8, 6, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR))


def product(height: int = 80, width: int = 60) -> NDArray[np.uint8]:
    """A dark shirt on the white ground of a shop picture."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[height // 5 : -height // 5, width // 4 : -width // 4] = (40, 30, 60)
    return pixels


def framed(
    pixels: NDArray[np.uint8], *, rows: int = 9, columns: int = 9, colour: tuple[int, int, int] = MAGENTA
) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    whole = np.full((height + 2 * rows, width + 2 * columns, 3), colour, np.uint8)
    whole[rows : rows + height, columns : columns + width] = pixels
    return whole


def as_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("picture", [scene(), scene(500, 900), product()])
def test_a_coloured_frame_is_cut_off_with_the_lines_that_jpeg_smears(picture: NDArray[np.uint8]) -> None:
    assert np.array_equal(without_frame(framed(picture)), picture[2:-2, 2:-2])


@pytest.mark.parametrize("quality", [40, 60, 85])
def test_a_saved_frame_is_cut_off_within_two_pixels(quality: int) -> None:
    left = without_frame(as_jpeg(framed(product(160, 120)), quality))
    height, width = left.shape[:2]
    assert abs(height - 156) <= 4
    assert abs(width - 116) <= 4
    assert np.abs(left - np.array(MAGENTA)).max(axis=2).min() > 60


@pytest.mark.parametrize(("rows", "columns"), [(20, 0), (0, 20)])
def test_bars_of_a_screenshot_lie_on_two_sides(rows: int, columns: int) -> None:
    picture = scene()
    left = without_frame(framed(picture, rows=rows, columns=columns, colour=(0, 0, 0)))
    assert left.shape == (80 - (4 if rows else 0), 60 - (4 if columns else 0), 3)


@pytest.mark.parametrize(
    "picture",
    [
        product(),
        scene(),
        framed(product(), colour=(255, 255, 255)),
        framed(scene(), colour=(240, 240, 245)),
        np.zeros((80, 60, 3), np.uint8),
        framed(scene(60, 60), rows=40, columns=40),
        framed(scene(12, 12), rows=2, columns=2),
        np.full((1, 1, 3), 7, np.uint8),
        np.zeros((1, 500, 3), np.uint8),
    ],
    ids=["product", "scene", "white", "light", "black", "all frame", "tiny", "a pixel", "a line"],
)
def test_what_is_no_frame_stays(picture: NDArray[np.uint8]) -> None:
    assert np.array_equal(without_frame(picture), picture)


def test_a_product_on_a_coloured_ground_is_not_cut_out() -> None:
    picture = product()
    picture[(picture == 255).all(axis=2)] = MAGENTA
    picture[30:50, 14] = (40, 30, 60)
    picture[10, 20:30] = (40, 30, 60)
    assert np.array_equal(without_frame(picture), picture)


def test_a_bar_on_one_side_only_stays() -> None:
    picture = np.concatenate((np.zeros((20, 60, 3), np.uint8), scene()))
    assert np.array_equal(without_frame(picture), picture)


def test_a_framed_picture_is_fitted_as_the_picture() -> None:
    unframed = Preprocessing(64, "unframe", MEAN, STD)
    padded = Preprocessing(64, "pad", MEAN, STD)
    picture = product(104, 84)
    assert np.array_equal(unframed.apply(framed(picture)), padded.apply(picture[2:-2, 2:-2]))
    assert np.array_equal(padded.apply(picture), unframed.apply(picture))
