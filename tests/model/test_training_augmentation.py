import numpy as np
import pytest

from model.training.article.augmentation import augmented_views, picture_generator, random_crop

PIXELS = np.random.default_rng(0).integers(0, 256, (80, 60, 3), dtype=np.uint8)


def test_views_depend_on_picture_and_seed_alone() -> None:
    first, second, other = (
        augmented_views(PIXELS, views=3, size=32, generator=picture_generator(PIXELS, seed)) for seed in (1, 1, 2)
    )
    assert first.shape == (3, 3, 32, 32)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first[0], first[1])
    brighter = (PIXELS // 2 + 100).astype(np.uint8)
    assert picture_generator(PIXELS, 1).random() != picture_generator(brighter, 1).random()


def test_half_of_the_views_are_mirrored() -> None:
    # Left dark, right bright: a crop keeps that order, a mirrored one turns it.
    ramp = np.repeat(np.linspace(0, 255, 60).astype(np.uint8)[None, :, None], 80, 0).repeat(3, 2)
    views = augmented_views(ramp, views=200, size=16, generator=np.random.default_rng(0)).astype(int)
    mirrored = (views[:, 0, 8, 0] > views[:, 0, 8, -1]).mean()
    assert 0.4 < mirrored < 0.6


@pytest.mark.parametrize("size", [(256, 256), (341, 256), (256, 3000), (3000, 256), (1, 1)])
def test_crops_lie_inside_and_keep_area_and_ratio(size: tuple[int, int]) -> None:
    width, height = size
    generator = np.random.default_rng(4)
    for _ in range(300):
        left, top, across, down = random_crop(width, height, generator)
        assert left >= 0
        assert top >= 0
        assert 0 < across <= width - left
        assert 0 < down <= height - top
        if min(size) > 1:
            assert 0.74 < across / down < 1.35
    shares = [np.prod(random_crop(256, 256, generator)[2:]) / 256**2 for _ in range(500)]
    assert 0.07 < min(shares) < 0.12
    assert 0.8 < max(shares) <= 1.0
