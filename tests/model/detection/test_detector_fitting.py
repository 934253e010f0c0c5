import numpy as np
import pytest

from model.detection.fitting import GROUND, fit_photo


@pytest.mark.parametrize(
    ("height", "width", "fitted"), [(640, 427, (96, 64)), (427, 640, (64, 96)), (50, 50, (96, 96)), (3, 900, (1, 96))]
)
def test_the_longer_side_fills_the_square(height: int, width: int, fitted: tuple[int, int]) -> None:
    photo = fit_photo(np.full((height, width, 3), 250, np.uint8), 96)
    assert (photo.height, photo.width) == fitted
    assert photo.pixels.shape == (3, 96, 96)
    assert photo.pixels.dtype == np.uint8
    assert (photo.pixels[:, : fitted[0], : fitted[1]] == 250).all()
    assert (photo.pixels[:, fitted[0] :] == GROUND).all()
    assert (photo.pixels[:, :, fitted[1] :] == GROUND).all()


def test_a_photo_of_the_right_size_is_copied_exactly() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (96, 64, 3), np.uint8)
    photo = fit_photo(pixels, 96)
    assert (photo.pixels[:, :, :64] == pixels.transpose(2, 0, 1)).all()


def test_what_is_in_a_corner_stays_there() -> None:
    pixels = np.zeros((400, 200, 3), np.uint8)
    pixels[300:, 150:] = 255
    photo = fit_photo(pixels, 96)
    assert photo.pixels[:, 76:95, 38:47].min() > 240
    assert photo.pixels[:, :70, :34].max() < 15
