import io

import numpy as np
import pytest
import torch
from PIL import Image

from model.training.lookalikes.augmentations import AugmentationConfig, random_views
from model.training.lookalikes.jpeg import jpeg_compressed

pytestmark = pytest.mark.usefixtures("one_thread")

STILL = AugmentationConfig(backdrop=0, strong=0, light=0, blur=0, jpeg=0, erase=0, calm=0)


def shop_pictures(count: int, side: int = 60) -> torch.Tensor:
    """A red square on white, with a white patch inside it."""
    pictures = torch.full((count, 3, side, side), 255, dtype=torch.uint8)
    pictures[:, :, 15:45, 15:45] = torch.tensor([200, 20, 20], dtype=torch.uint8)[:, None, None]
    pictures[:, :, 27:33, 27:33] = 255
    return pictures


def views(
    pictures: torch.Tensor, config: AugmentationConfig, seed: int = 1, backdrops: torch.Tensor | None = None
) -> torch.Tensor:
    return random_views(pictures, backdrops, size=48, config=config, generator=torch.Generator().manual_seed(seed))


def test_views_are_a_matter_of_the_seed_alone() -> None:
    pictures = shop_pictures(8)
    assert torch.equal(views(pictures, AugmentationConfig()), views(pictures, AugmentationConfig()))
    assert not torch.equal(views(pictures, AugmentationConfig()), views(pictures, AugmentationConfig(), seed=2))


def test_views_have_the_size_asked_for_and_values_of_a_picture() -> None:
    made = views(
        shop_pictures(32),
        AugmentationConfig(1, 1, 1, 1, 1, 1, 0),
        backdrops=torch.zeros(4, 3, 60, 60, dtype=torch.uint8),
    )
    assert made.shape == (32, 3, 48, 48)
    assert made.dtype == torch.float32
    assert made.isfinite().all()
    assert 0 <= made.min() < 0.2
    assert 0.8 < made.max() <= 1


def test_a_still_view_shows_the_picture() -> None:
    made = views(shop_pictures(64), STILL)
    # Red in the middle of a side of the square, wherever the small moves have put it.
    assert (made[:, 0, 16, 24] > 0.6).all()
    assert (made[:, 1, 16, 24] < 0.4).all()


def test_calm_views_stay_as_galleries_show_them() -> None:
    made = views(shop_pictures(64), AugmentationConfig(1, 0.9, 1, 1, 1, 1, calm=1))
    assert (made[:, 0, 16, 24] > 0.6).all(), "the object is covered or gone"
    assert (made[:, :, 24, 6].amin(1) == 1).float().mean() > 0.5, "the white ground changed"


def test_the_backdrop_changes_and_the_object_does_not() -> None:
    config = AugmentationConfig(backdrop=1, strong=0, light=0, blur=0, jpeg=0, erase=0, calm=0)
    green = torch.zeros(4, 3, 60, 60, dtype=torch.uint8)
    green[:, 1] = 255
    made = views(shop_pictures(64), config, backdrops=green)
    corners = made[:, :, 6, 6]
    assert (corners.min(dim=1).values < 0.95).float().mean() > 0.9, "the white ground is still there"
    assert (made[:, 0, 16, 24] > 0.6).all(), "the object was painted over"
    assert (made[:, :, 24, 24].amin(1) > 0.8).float().mean() > 0.9, "white cloth inside the object became see-through"


def test_a_picture_without_a_plain_ground_keeps_it() -> None:
    pictures = shop_pictures(32)
    pictures[:, :, :20] = 0  # A shelf behind the upper third: no plain ground.
    made = views(pictures, AugmentationConfig(backdrop=1, strong=0, light=0, blur=0, jpeg=0, erase=0, calm=0))
    assert (made[:, :, 42, 6].amin(1) > 0.9).all(), "the ground was replaced"


def test_grey_stays_grey_enough_for_its_name() -> None:
    grey = torch.full((256, 3, 60, 60), 128, dtype=torch.uint8)
    made = views(grey, AugmentationConfig(0, 0, 1, 0, 0, 0, 0))[:, :, 24, 24]
    assert (made.amax(1) - made.amin(1)).max() < 0.2
    assert made.mean(1).std() > 0.03, "light does not change"


@pytest.mark.parametrize("quality", [35, 60, 90])
def test_compression_does_what_an_encoder_does(quality: int) -> None:
    ramp = np.linspace(0, 255, 64)
    noise = np.random.default_rng(0).normal(0, 12, (64, 64, 3))
    pixels = (
        np.stack([np.add.outer(ramp, ramp[::-1]) / 2, np.add.outer(ramp, ramp) / 2, np.outer(ramp, ramp) / 255], 2)
        + noise
    ).clip(0, 255)
    picture = Image.fromarray(pixels.astype(np.uint8))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    encoded = np.asarray(Image.open(file), np.float32)
    original = np.asarray(picture, np.float32)
    batch = torch.from_numpy(original.copy()).permute(2, 0, 1)[None] / 255
    ours = jpeg_compressed(batch, torch.tensor([float(quality)]))[0].permute(1, 2, 0).numpy() * 255
    damage, difference = np.sqrt(((encoded - original) ** 2).mean()), np.sqrt(((encoded - ours) ** 2).mean())
    assert difference < 0.5 * damage, "farther from the encoder's picture than half of what the encoder changed"
