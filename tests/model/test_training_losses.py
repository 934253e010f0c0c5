import math

import numpy as np
import pytest
import torch

from model.training.article.losses import triplet_margin_loss


def slow_loss(anchors: list[list[float]], positives: list[list[float]], negatives: list[list[float]]) -> list[float]:
    losses = []
    for anchor, positive, negative in zip(anchors, positives, negatives, strict=True):
        near = math.sqrt(sum((a - p) ** 2 for a, p in zip(anchor, positive, strict=True)))
        far = math.sqrt(sum((a - n) ** 2 for a, n in zip(anchor, negative, strict=True)))
        losses.append(max(0.0, near - far + 0.7))
    return losses


@pytest.mark.parametrize("seed", range(5))
def test_the_triplet_loss_equals_a_slow_oracle(seed: int) -> None:
    generator = np.random.default_rng(seed)
    anchors, positives, negatives = (generator.standard_normal((9, 6)) * 0.5 for _ in range(3))
    valid = generator.random(9) < 0.7
    each = slow_loss(anchors.tolist(), positives.tolist(), negatives.tolist())
    kept = [loss for loss, counts in zip(each, valid.tolist(), strict=True) if counts]
    rows = [torch.from_numpy(array) for array in (anchors, positives, negatives)]
    found = triplet_margin_loss(rows[0], rows[1], rows[2], torch.from_numpy(valid), margin=0.7)
    assert found.loss.item() == pytest.approx(sum(kept) / len(kept), abs=1e-5)
    assert found.active.item() == sum(loss > 0 for loss in kept)
    assert found.valid.item() == len(kept)


def test_triplets_that_do_not_count_leave_no_gradient() -> None:
    anchors = torch.tensor([[0.0, 1.0], [1.0, 0.0]], requires_grad=True)
    others = torch.tensor([[1.0, 1.0], [math.nan, 0.0]])
    found = triplet_margin_loss(anchors, others, -others, torch.tensor([True, False]), margin=3.0)
    torch.autograd.backward(found.loss)
    assert anchors.grad is not None
    assert anchors.grad[0].abs().sum() > 0
    assert torch.isfinite(found.loss)


def test_no_valid_triplet_is_no_loss() -> None:
    rows = torch.ones(3, 4, requires_grad=True)
    found = triplet_margin_loss(rows, rows, rows, torch.zeros(3, dtype=torch.bool), margin=1.0)
    assert (found.loss.item(), found.active.item(), found.valid.item()) == (0.0, 0, 0)
