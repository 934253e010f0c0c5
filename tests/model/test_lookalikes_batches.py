import numpy as np
import pytest

from model.training.lookalikes.batches import TrainingPictures, epoch_batches, steps_an_epoch
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.held_out_check import KnownPictures, choose_held_out_set


def training_pictures(products: int, photos: int) -> TrainingPictures:
    values = np.zeros((photos, 2), np.bool_)
    values[:, 0] = True
    return TrainingPictures(
        (np.zeros((products, 2, 2, 3), np.uint8), np.ones((photos, 2, 2, 3), np.uint8)),
        np.arange(products)[:, None] % 3 - 1,
        (values,),
        np.arange(products + photos),
    )


def config(batch_size: int, photo_share: float = 0.2) -> LookalikeConfig:
    return LookalikeConfig("resnet18", "random", ("type",), batch_size=batch_size, photo_share=photo_share)


@pytest.mark.parametrize("products", [2, 3, 65, 1000])
@pytest.mark.parametrize("photos", [0, 1, 7, 300])
@pytest.mark.parametrize("batch_size", [2, 3, 64])
def test_an_epoch_sees_each_product_once_and_photos_in_every_batch(products: int, photos: int, batch_size: int) -> None:
    data = training_pictures(products, photos)
    batches = epoch_batches(data, config(batch_size), np.random.default_rng(1))
    assert len(batches) == steps_an_epoch(data, config(batch_size))
    rows = np.concatenate(batches)
    assert np.array_equal(np.sort(rows[rows < products]), np.arange(products))
    for batch in batches:
        assert 2 <= len(batch) <= batch_size + (products % 2 and batch_size == 2)
        assert (np.diff(batch) > 0).all(), "rising, none twice"
        assert (batch >= products).any() == (photos > 0)


def test_pictures_and_values_belong_to_their_rows() -> None:
    data = training_pictures(5, 3)
    rows = np.array([0, 1, 2, 6])
    assert data.pixels(rows)[:, 0, 0, 0].tolist() == [0, 0, 0, 1]
    (allowed,) = data.allowed(rows)
    assert allowed.tolist() == [[False, False], [True, False], [False, True], [True, False]]


def test_a_test_set_is_drawn_from_the_seed() -> None:
    known = KnownPictures(np.zeros((5000, 1, 1, 3), np.uint8), np.arange(5000)[:, None], np.arange(5000))
    first, again, other = (choose_held_out_set(known, known, seed) for seed in (1, 1, 2))
    assert first.queries == 1000
    assert len(first.pictures.pixels) == 4000
    assert np.array_equal(first.pictures.labels, again.pictures.labels)
    assert not np.array_equal(first.pictures.labels, other.pictures.labels)
