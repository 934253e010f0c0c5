"""Garments on street photos: which are trained on, and what is cut out."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from contracts.errors import CatalogueError
from model.preprocessing import Preprocessing
from model.training.lookalikes.garment_crops import moved_boxes
from model.training.lookalikes.garment_squares import GarmentSquares
from model.training.lookalikes.street import Street, check_street_classes, street_class, street_garments
from tests.model.street_photos import street_photos
from tests.model.training_catalogue import COLOURS


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Street:
    return street_photos(tmp_path_factory.mktemp("street"))


@pytest.fixture(scope="module")
def squares(street: Street) -> GarmentSquares:
    """As a training stores them, 64 pixels a side."""
    fit = Preprocessing(64, "pad", (0.0,) * 3, (1.0,) * 3)
    garments = street_garments(street, hold_out=False).train
    rows = []
    for garment in garments:
        with Image.open(street.root / garment.item.image) as photo:
            rows.append(fit.apply(np.asarray(photo.crop(garment.item.crop))).transpose(1, 2, 0))
    return GarmentSquares.of(np.stack(rows), garments)


def test_all_garments_of_a_held_out_photo_are_held_out(street: Street) -> None:
    split = street_garments(street, hold_out=True)
    assert [garment.item.image for garment in split.test] == [f"{name}-2.png" for name in COLOURS]
    assert len(split.train) == 6
    assert len(street_garments(street, hold_out=False).train) == 9


def test_garments_have_the_class_maps_classes(street: Street) -> None:
    assert {garment.item.attributes["category"] for garment in street_garments(street, hold_out=False).train} == {
        f"street-{name}" for name in COLOURS
    }
    assert street_class("hat", {"hat": frozenset({"Caps"})}) == "hat"
    both = {"hat": frozenset({"Caps"}), "street-hat": frozenset({"Hat"})}
    assert street_class("hat", both) == "street-hat"


def test_a_class_that_the_map_lacks_is_named(street: Street) -> None:
    short = dataclasses.replace(street, class_map={"street-Tee": frozenset({"Tee"})})
    with pytest.raises(CatalogueError, match=r"lacks 'Blouse', 'Jacket', classes of garments in .*boxes\.csv; add"):
        check_street_classes(short)


def test_a_garment_cut_out_exactly_shows_nothing_else(squares: GarmentSquares) -> None:
    plain = squares.plain(np.array([0, 4, 8]), 32).astype(int)
    for row, colour in zip(plain, COLOURS.values(), strict=True):
        inner = row[2:-2, 8:-8]
        assert np.abs(inner - np.array(colour)).max() <= 6
        # Beside the box is the colour of its rim, and not the grey of the photo.
        assert np.abs(row[:, :3] - np.array(colour)).mean() < 30


def test_careless_cuts_differ_and_some_show_the_neighbourhood(squares: GarmentSquares) -> None:
    rows = np.zeros(60, np.int64)
    cuts = squares.jittered(rows, 32, torch.Generator().manual_seed(0)).astype(int)
    again = squares.jittered(rows, 32, torch.Generator().manual_seed(0)).astype(int)
    assert np.array_equal(cuts, again)
    assert len(np.unique(cuts.reshape(60, -1), axis=0)) == 60
    grey = (np.abs(cuts - 90).max(3) < 12).mean((1, 2))
    # A quarter of them shows the photo beside the box, which is a half of the square.
    assert 0.1 < (grey > 0.3).mean() < 0.45


def test_moved_boxes_keep_a_side() -> None:
    boxes = torch.tensor([[10.0, 20.0, 30.0, 60.0]])
    still = moved_boxes(boxes, torch.zeros(1), torch.zeros(4, 1))
    assert torch.equal(still, boxes)
    grown = moved_boxes(boxes, torch.tensor([0.1]), torch.zeros(4, 1))
    assert torch.allclose(grown, torch.tensor([[8.0, 16.0, 32.0, 64.0]]))
    crossed = moved_boxes(boxes, torch.zeros(1), torch.full((4, 1), -0.9))
    assert crossed[0, 2] - crossed[0, 0] >= 6
    assert crossed[0, 3] - crossed[0, 1] >= 12


@pytest.mark.parametrize("box", [(0.0, 0.0, 0.02, 0.02), (0.97, 0.9, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0)])
def test_a_cut_stays_on_the_photo_and_holds_its_box(street: Street, box: tuple[float, ...]) -> None:
    first = street.boxes[0]
    one = dataclasses.replace(street, boxes=[dataclasses.replace(first, box=type(first.box)(*box))])
    (garment,) = street_garments(one, hold_out=False).train
    left, top, right, bottom = garment.item.crop or (0, 0, 0, 0)
    assert 0 <= left < right <= 60
    assert 0 <= top < bottom <= 80
    assert min(right - left, bottom - top) >= 8
    assert left + garment.inner.x1 * (right - left) == pytest.approx(box[0] * 60, abs=1e-6)
    assert top + garment.inner.y2 * (bottom - top) == pytest.approx(box[3] * 80, abs=1e-6)
