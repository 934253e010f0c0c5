import numpy as np
import pytest
import torch

from model.training.lookalikes.batches import epoch_batches, steps_an_epoch
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.garment_squares import GarmentSquares
from model.training.lookalikes.held_out_check import KnownPictures, choose_held_out_set
from model.training.lookalikes.training_pictures import TrainingPictures


def training_pictures(products: int, photos: int, garments: int = 0) -> TrainingPictures:
    values = np.zeros((photos + garments, 2), np.bool_)
    values[:, 0] = True
    # Every fourth photo and garment is of another class.
    values[::4] = ~values[::4]
    squares = np.full((garments, 3, 3, 3), 2, np.uint8)
    return TrainingPictures(
        (np.zeros((products, 2, 2, 3), np.uint8), np.ones((photos, 2, 2, 3), np.uint8)),
        GarmentSquares(squares, np.tile(np.array([0, 0, 3, 3], np.float32), (garments, 1))),
        np.arange(products)[:, None] % 3 - 1,
        (values,),
        np.arange(products + photos + garments),
    )


def config(batch_size: int) -> LookalikeConfig:
    return LookalikeConfig("resnet18", "random", ("type",), batch_size=batch_size, photo_share=0.2, street_share=0.15)


@pytest.mark.parametrize("products", [2, 3, 65, 1000])
@pytest.mark.parametrize("photos", [0, 1, 7, 300])
@pytest.mark.parametrize("garments", [0, 1, 300])
@pytest.mark.parametrize("batch_size", [2, 3, 64])
def test_an_epoch_sees_each_product_once_and_photos_in_every_batch(
    products: int, photos: int, garments: int, batch_size: int
) -> None:
    data = training_pictures(products, photos, garments)
    batches = epoch_batches(data, config(batch_size), np.random.default_rng(1))
    assert len(batches) == steps_an_epoch(data, config(batch_size))
    rows = np.concatenate(batches)
    assert np.array_equal(np.sort(rows[rows < products]), np.arange(products))
    for batch in batches:
        assert 2 <= len(batch) <= batch_size + (products % 2 and batch_size == 2)
        assert (np.diff(batch) > 0).all(), "rising, none twice"
        assert ((batch >= products) & (batch < products + photos)).any() == (photos > 0)
        # A batch of two has room for one photo only.
        assert (batch >= products + photos).any() == (garments > 0 and (batch_size > 2 or not photos))


def test_small_classes_are_drawn_more_often_than_their_size_says() -> None:
    data = training_pictures(2_000, 100, 100)
    rows = np.concatenate(epoch_batches(data, config(20), np.random.default_rng(1)))
    for first in (2_000, 2_100):
        drawn = rows[(rows >= first) & (rows < first + 100)]
        # A quarter is of the smaller class: sqrt(25) / (sqrt(25) + sqrt(75)) of what is drawn.
        assert np.mean(drawn % 4 == 0) == pytest.approx(0.366, abs=0.05)


def test_pictures_and_values_belong_to_their_rows() -> None:
    data = training_pictures(5, 3, 2)
    rows = np.array([0, 1, 2, 6, 9])
    assert data.pixels(rows)[:, 0, 0, 0].tolist() == [0, 0, 0, 1, 2]
    careless = data.careless(rows, torch.device("cpu"), torch.Generator().manual_seed(0))
    assert careless[:, 0, 0, 0].tolist() == [0, 0, 0, 1, 2]
    (allowed,) = data.allowed(rows)
    assert allowed.tolist() == [[False, False], [True, False], [False, True], [True, False], [False, True]]


def test_a_test_set_is_drawn_from_the_seed() -> None:
    known = KnownPictures(np.zeros((5000, 1, 1, 3), np.uint8), np.arange(5000)[:, None], np.arange(5000))
    first, again, other = (choose_held_out_set(known, known, seed) for seed in (1, 1, 2))
    assert first.queries == 1000
    assert len(first.pictures.pixels) == 4000
    assert np.array_equal(first.pictures.labels, again.pictures.labels)
    assert not np.array_equal(first.pictures.labels, other.pictures.labels)
