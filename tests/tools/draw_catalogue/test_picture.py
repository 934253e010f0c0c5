"""Single pictures: every cut of every category can be drawn, and looks like cloth."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.draw_catalogue.design import Colourway
from tools.draw_catalogue.picture import Picture, draw_picture
from tools.draw_catalogue.ranges import CATEGORIES, RANGES
from tools.draw_catalogue.styles import draw_design


def pixels(picture: Picture) -> NDArray[np.float64]:
    return picture.pixels.astype(np.float64)


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_cut_can_be_drawn(category: str) -> None:
    cuts = RANGES[category].cuts
    for variant in sorted({cut: place for place, cut in enumerate(cuts)}.values()):
        design = draw_design(np.random.default_rng((9, variant)), category, variant, variant)
        picture = draw_picture(design, design.colourways[0], (9, variant), (9, variant, 0))
        left, top, right, bottom = picture.box
        image = pixels(picture)
        assert 4 < left < right < image.shape[1] - 4
        assert 4 < top < bottom < image.shape[0] - 4
        # Folds and weave: no garment is a flat icon.
        middle = image[(top + bottom) // 2 - 40 : (top + bottom) // 2 + 40, 110:190].mean(axis=2)
        assert middle.std() > 1.5
        # The background is a pale studio wall.
        assert image[:3].mean() > 215


def test_two_photos_of_an_item_are_alike_but_not_the_same() -> None:
    design = draw_design(np.random.default_rng(2), "Sweater", 7, 0)
    olive, pink = Colourway("Olive", "Cream", "Red"), Colourway("Pink", "Cream", "Red")
    first, second = (draw_picture(design, olive, (2, 7), (2, 7, photo)) for photo in (0, 1))
    other = draw_picture(design, pink, (2, 7), (2, 7, 0))
    assert (first.pixels != second.pixels).any()
    chest = (slice(150, 250), slice(110, 190))
    colour, same, different = (pixels(picture)[chest].mean(axis=(0, 1)) for picture in (first, second, other))
    assert np.abs(colour - same).max() < 12
    assert np.abs(colour - different).max() > 24
