"""Views: garments are cut out where their boxes say, and nothing that is held out is ever shown."""

import dataclasses
import math

import pytest
import torch
from torch import Tensor

from model.training.lookalikes.regions import Turn, sample_regions
from tests.tools.train_shipped.drawn_pictures import BLUE, GREEN, RED
from tools.train_shipped.batch_rows import BatchSampler, all_groups, class_weights
from tools.train_shipped.config import TrainingConfig, ViewConfig
from tools.train_shipped.draws import Draws
from tools.train_shipped.grounds import Grounds
from tools.train_shipped.training_set import TrainingSet
from tools.train_shipped.views import ViewMaker

CONFIG = TrainingConfig(network="resnet18", batch_size=24, photos=8, street=8, input_size=32)
CPU = torch.device("cpu")
# WebP changes a plain colour by up to this much.
TOLERANCE = 12 / 255


def colours(pictures: TrainingSet) -> Tensor:
    """The colour of each garment: (G, 3, 1, 1) float32."""
    rows = [(RED, BLUE)[category] for category in pictures.street.categories.tolist()]
    return torch.tensor(rows)[:, :, None, None] / 255


def test_a_box_is_sampled_as_what_it_holds(training_set: TrainingSet) -> None:
    every = torch.arange(len(training_set.street))
    views = training_set.street.plain(every, 40)
    assert views.shape == (4, 3, 40, 40)
    # At the rim, bilinear sampling mixes in the pixels beside the box.
    middle = views[:, :, 2:-2]
    assert (middle - colours(training_set)).abs().median() < TOLERANCE
    assert ((middle - colours(training_set)).abs().amax(1) < 2 * TOLERANCE).float().mean() > 0.9


@pytest.mark.parametrize("neighbours", [0.0, 1.0])
def test_a_careless_box_still_shows_it_in_the_middle(training_set: TrainingSet, neighbours: float) -> None:
    draws = Draws(CPU, 1)
    every = torch.arange(len(training_set.street)).repeat(20)
    views = training_set.street.jittered(every, 40, neighbours, draws)
    middle = views[:, :, 17:23, 17:23].mean((2, 3), keepdim=True)
    assert (middle - colours(training_set).repeat(20, 1, 1, 1)).abs().amax() < 2 * TOLERANCE
    # The corners of a careless box lie outside the garment, where the photo is grey, or filled with the rim's colour.
    corner = views[:, :, :4, :4].mean((2, 3))
    grey = ((corner - 0.49).abs().amax(1) < 0.1).float().mean()
    assert (grey > 0.5) if neighbours else (grey < 0.5)


def test_a_region_is_sampled_point_by_point_where_it_should_be() -> None:
    """The picture's red is its column and its green its row, so that a view says where each of its pixels is from."""
    line = torch.arange(64, dtype=torch.uint8)
    picture = torch.stack((line.expand(64, 64), line[:, None].expand(64, 64), torch.zeros(64, 64)))[None].byte()
    boxes = torch.tensor([[24.0, 16.0, 40.0, 48.0], [20.0, 30.0, 50.0, 44.0]])
    turn = Turn(torch.tensor([0.5, -0.2]), torch.tensor([1.0, -1.0]))
    size, rows = 16, torch.tensor([0, 0])
    for turned in (None, turn):
        values, inside = sample_regions(picture, rows, boxes, size, turned)
        for row, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
            angle, mirror = (0.0, 1.0) if turned is None else (float(turn.angle[row]), float(turn.mirror[row]))
            side = max(x2 - x1, y2 - y1)
            for down, across in ((0, 0), (3, 9), (8, 8), (15, 2)):
                x, y = (side * ((place + 0.5) / size - 0.5) for place in (across, down))
                x *= mirror
                x, y = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
                expected = torch.tensor([(x1 + x2) / 2 + x - 0.5, (y1 + y2) / 2 + y - 0.5])
                assert torch.allclose(values[row, :2, down, across] * 255, expected.clamp(0, 63), atol=0.01)
                covered = abs(x) <= (x2 - x1) / 2 and abs(y) <= (y2 - y1) / 2
                assert bool(inside[row, 0, down, across]) == covered


def test_held_out_pictures_are_never_drawn(training_set: TrainingSet) -> None:
    sampler = BatchSampler(training_set, CONFIG, Draws(CPU, 2))
    for _ in range(50):
        rows = sampler.draw()
        assert len(rows) == CONFIG.batch_size
        assert not bool(training_set.products.held_out[rows.products].any())
        assert not bool(training_set.photos.held_out[rows.photos].any())
        assert not bool(training_set.street.held_out[rows.garments].any())


def test_held_out_pictures_are_never_shown(training_set: TrainingSet) -> None:
    """All held-out pictures are painted in a green that no other picture has."""
    green = torch.tensor(GREEN, dtype=torch.uint8)[:, None, None]

    def painted(pixels: Tensor, held_out: Tensor) -> Tensor:
        return torch.where(held_out[:, None, None, None], green, pixels)

    products, photos, street = training_set.products, training_set.photos, training_set.street
    marked = dataclasses.replace(
        training_set,
        products=dataclasses.replace(
            products,
            small=painted(products.small, products.held_out),
            large=painted(products.large, products.held_out[: len(products.large)]),
        ),
        photos=dataclasses.replace(photos, pixels=painted(photos.pixels, photos.held_out)),
        street=dataclasses.replace(street, pixels=painted(street.pixels, street.photo_held_out)),
    )
    draws = Draws(CPU, 3)
    sampler, views = BatchSampler(marked, CONFIG, draws), ViewMaker(marked, 32, ViewConfig(), draws)
    grounds = Grounds(marked, ViewConfig(on_photo=0.5, on_street=0.5), draws)
    for _ in range(5):
        for shown in (views.keys(sampler.draw()), grounds.draw(24, 32)):
            assert not bool(((shown[:, 1] > 0.9) & (shown[:, 0] < 0.2) & (shown[:, 2] < 0.2)).any())


def test_views_are_pictures_and_differ_from_their_keys(training_set: TrainingSet) -> None:
    draws = Draws(CPU, 4)
    rows = BatchSampler(training_set, CONFIG, draws).draw()
    views = ViewMaker(training_set, 32, ViewConfig(), draws)
    keys, distorted = views.keys(rows), views.distorted(rows)
    for values in (keys, distorted):
        assert values.shape == (24, 3, 32, 32)
        assert values.dtype == torch.float32
        assert 0 <= float(values.min()) <= float(values.max()) <= 1
    assert (keys - distorted).abs().mean() > 0.02


def test_small_classes_are_drawn_more_often_than_their_size_says() -> None:
    classes = torch.tensor([0] * 16 + [1] * 4)
    assert class_weights(classes, 0.0).tolist() == [1.0] * 20
    assert torch.allclose(class_weights(classes, 0.5), torch.tensor([0.25] * 16 + [0.5] * 4))
    both = class_weights(classes, 1.0)
    assert torch.isclose(both[:16].sum(), both[16:].sum())


def test_only_products_of_the_same_title_are_one_item(training_set: TrainingSet) -> None:
    groups = all_groups(training_set)
    products = len(training_set.products)
    assert torch.equal(groups[:products], training_set.products.groups)
    assert len(torch.unique(groups[products:])) == len(training_set.photos) + len(training_set.street)
    assert not set(groups[:products].tolist()) & set(groups[products:].tolist())
