from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tools.train_detector.assignment import assign
from tools.train_detector.classes import CLASSES, class_number
from tools.train_detector.cut_outs import CutOut
from tools.train_detector.lighting import relit
from tools.train_detector.objective import Wanted, detection_loss
from tools.train_detector.photos import LabelledPhoto
from tools.train_detector.views import Views, ViewShares

RED = np.array([250, 0, 0], np.uint8)


def photo_of_a_red_box() -> LabelledPhoto:
    pixels = np.zeros((400, 300, 3), np.uint8)
    pixels[100:300, 60:210] = RED
    return LabelledPhoto(
        Path("red.jpg"),
        pixels,
        np.array([[0.2, 0.25, 0.7, 0.75]], np.float32),
        np.array([4]),
        ("pants",),
    )


def red_frame(pixels: np.ndarray) -> tuple[int, int, int, int]:
    red = (pixels[..., 0] > 128) & (pixels[..., 1] < 80)
    rows, columns = np.nonzero(red.any(1))[0], np.nonzero(red.any(0))[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.parametrize("halves", [0.0, 1.0])
def test_boxes_stay_around_their_garments(halves: float) -> None:
    photo = photo_of_a_red_box()
    shares = ViewShares(phone=0.0, plain=0.2, halves=halves, pasted=0.0)
    views = Views([photo], [photo], [], shares, np.random.default_rng(0))
    seen = 0
    for _ in range(40):
        view = views.draw(96, 128)
        assert view.pixels.shape == (128, 96, 3)
        assert (view.boxes >= 0).all()
        assert (view.boxes <= (96, 128, 96, 128)).all()
        if len(view.boxes) == 1 and halves == 0.0:
            assert view.boxes[0] == pytest.approx(red_frame(view.pixels), abs=2.0)
            seen += 1
    assert halves or seen > 20


def test_a_pasted_product_gets_a_box_and_what_it_hides_loses_its_own() -> None:
    photo = photo_of_a_red_box()
    product = CutOut(Image.new("RGBA", (50, 40), (0, 255, 0, 255)), 0)
    shares = ViewShares(phone=0.0, plain=1.0, halves=0.0, pasted=1.0)
    views = Views([photo], [photo], [product], shares, np.random.default_rng(0))
    for _ in range(20):
        view = views.draw(96, 128)
        pasted = view.boxes[view.classes == 0]
        green = (view.pixels[..., 1] > 200) & (view.pixels[..., 0] < 100)
        assert len(pasted)
        across = slice(int(pasted[-1][0]), int(pasted[-1][2]))
        assert green[int(pasted[-1][1]) : int(pasted[-1][3]), across].mean() > 0.95
        assert len(view.boxes) == len(view.classes) == len(view.is_exact)


def test_light_changes_but_stays_in_range() -> None:
    views = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    changed = relit(views, torch.Generator().manual_seed(1))
    assert changed.shape == views.shape
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert (changed - views).abs().mean() > 0.01


def test_classes_that_look_alike_are_one() -> None:
    assert class_number("blazer") == class_number("outwear") == CLASSES.index("outwear")
    assert class_number("t-shirt") == class_number("hoodie") == CLASSES.index("top")
    assert class_number("sunglasses") is None


def test_the_points_inside_that_see_a_garment_best_answer_for_it() -> None:
    points = torch.tensor([[x + 4.0, 4.0] for x in range(0, 80, 8)])
    wanted = torch.tensor([[0.0, 0.0, 40.0, 8.0]])
    boxes = wanted.repeat(10, 1) + torch.arange(10)[:, None]
    scores = torch.full((10, 2), 0.5)
    found = assign(points, scores, boxes, wanted, torch.tensor([1]))
    assert found.points.tolist() == [0, 1, 2, 3, 4]
    assert found.garments.tolist() == [0] * 5
    assert found.quality[0] == 1.0
    assert (found.quality.diff() < 0).all()


def test_a_point_that_two_garments_want_goes_to_the_one_it_covers_better() -> None:
    points = torch.tensor([[4.0, 4.0]])
    wanted = torch.tensor([[0.0, 0.0, 8.0, 8.0], [0.0, 0.0, 20.0, 8.0]])
    found = assign(points, torch.ones(1, 1) / 2, wanted[1:], wanted, torch.tensor([0, 0]))
    assert found.garments.tolist() == [1]


def test_what_is_right_costs_nothing_and_rough_boxes_teach_no_sizes() -> None:
    points = torch.tensor([[4.0, 4.0], [60.0, 60.0]])
    reaches = torch.tensor([[[4.0, 4.0, 4.0, 4.0], [1.0, 1.0, 1.0, 1.0]]]).requires_grad_()
    logits = torch.tensor([[[20.0, -20.0], [-20.0, -20.0]]])
    right, wrong = torch.tensor([[0.0, 0.0, 8.0, 8.0]]), torch.tensor([[0.0, 0.0, 16.0, 8.0]])

    def losses(boxes: torch.Tensor, exact: bool) -> list[float]:
        wanted = Wanted(boxes, torch.tensor([0]), torch.tensor([exact]))
        both = detection_loss(points, logits, reaches, [wanted], box_weight=2.0)
        return [loss.item() for loss in both]

    assert losses(right, True) == pytest.approx([0.0, 0.0], abs=1e-4)
    assert losses(wrong, True)[1] > 0.2
    assert losses(wrong, False)[1] == 0.0
    empty = Wanted(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.bool))
    nothing = detection_loss(points, logits - 40, reaches, [empty], box_weight=2.0)
    assert [loss.item() for loss in nothing] == pytest.approx([0.0, 0.0], abs=1e-4)
