import numpy as np
import pytest

from model.preprocessing import Preprocessing, border_colour

PAD = Preprocessing(64, "pad", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
CROP = Preprocessing(64, "crop", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def picture(height: int, width: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    pixels = np.full((height, width, 3), (10, 200, 30), np.uint8)
    pixels[height // 4 : -height // 4, width // 4 : -width // 4] = (250, 0, 250)
    return pixels


@pytest.mark.parametrize(("height", "width"), [(80, 60), (60, 80), (8, 500), (64, 64), (1, 1), (3000, 8)])
@pytest.mark.parametrize("preprocessing", [PAD, CROP])
def test_any_shape_fits_the_input(preprocessing: Preprocessing, height: int, width: int) -> None:
    fitted = preprocessing.apply(np.zeros((height, width, 3), np.uint8))
    assert fitted.shape == (3, 64, 64)
    assert fitted.dtype == np.uint8
    assert fitted.flags.c_contiguous


def test_padding_shows_the_whole_picture_on_its_border_colour() -> None:
    fitted = PAD.apply(picture(80, 40)).transpose(1, 2, 0)
    assert np.all(fitted[:, :14] == (10, 200, 30))
    assert np.all(fitted[:, -14:] == (10, 200, 30))
    assert np.all(fitted[32, 32] == (250, 0, 250))


def test_squashing_keeps_all_and_distorts() -> None:
    pixels = np.zeros((100, 50, 3), np.uint8)
    pixels[:50] = 255
    fitted = Preprocessing(64, "squash", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)).apply(pixels)
    assert fitted.shape == (3, 64, 64)
    assert (fitted[:, :30] == 255).all()
    assert (fitted[:, 34:] == 0).all()


def test_cropping_keeps_the_centre() -> None:
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, 32:96] = 255
    assert np.all(CROP.apply(pixels) == 255)


def test_the_border_colour_is_that_of_most_of_the_border() -> None:
    pixels = picture(20, 20)
    pixels[0, :3] = 0
    assert border_colour(pixels).tolist() == [10, 200, 30]


def test_the_pixels_are_not_changed() -> None:
    pixels = picture(80, 60)
    before = pixels.copy()
    PAD.apply(pixels)
    assert np.array_equal(pixels, before)


def test_canonical_json_tells_preprocessings_apart() -> None:
    assert PAD.canonical_json() != CROP.canonical_json()
    assert PAD.canonical_json() == Preprocessing(64, "pad", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)).canonical_json()
    assert "colours" not in PAD.canonical_json()
    assert '"colours":"srgb"' in Preprocessing(64, "pad", PAD.mean, PAD.std, "srgb").canonical_json()
