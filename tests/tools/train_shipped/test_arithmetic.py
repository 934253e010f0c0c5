"""Losses, schedule, stochastic depth and search, compared with slow or independent computations."""

import math

import pytest
import timm
import torch
import torch.nn.functional as F

from index.scoring import USUALLY_NEAR, Scoring, scores
from model.backbones import build_backbone
from tools.train_shipped.drop_path import with_drop_path
from tools.train_shipped.nearest import Gallery
from tools.train_shipped.optimiser import rate_factor
from tools.train_shipped.set_loss import set_loss


def test_set_loss_is_a_mean_over_the_rows_with_a_label() -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    allowed = torch.tensor([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]).bool()
    smoothing, total = 0.05, 0.0
    for row, allowed_row in zip(logits.tolist(), allowed.tolist(), strict=True):
        exponentials = [math.exp(value) for value in row]
        shares = [value / sum(exponentials) for value in exponentials]
        if any(allowed_row):
            right = sum(share for share, fits in zip(shares, allowed_row, strict=True) if fits)
            total -= (1 - smoothing) * math.log(right) + smoothing * sum(map(math.log, shares)) / 4
    loss = set_loss(logits, allowed, smoothing)
    assert float(loss.detach()) == pytest.approx(total / 4)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert torch.equal(logits.grad[[2, 5]], torch.zeros(2, 4, dtype=torch.float64))
    assert bool(logits.grad.isfinite().all())


def test_set_loss_without_any_label_is_zero() -> None:
    assert float(set_loss(torch.randn(3, 4), torch.zeros(3, 4, dtype=torch.bool), 0.05)) == 0


def test_the_learning_rate_warms_up_and_ends_at_zero_with_the_time() -> None:
    assert rate_factor(0, 0.0, 200) == pytest.approx(1 / 200)
    assert rate_factor(99, 0.0, 200) == pytest.approx(0.5)
    assert rate_factor(1_000, 0.5, 200) == pytest.approx(0.5)
    assert rate_factor(1_000, 1.0, 200) == pytest.approx(0.0)


def test_stochastic_depth_is_timms_own_and_changes_no_weight() -> None:
    backbone = build_backbone("efficientnet_lite0")
    names = list(backbone.state_dict())
    with_drop_path(backbone, 0.1)
    theirs = timm.create_model("tf_efficientnet_lite0", pretrained=False, drop_path_rate=0.1)

    def rates(network: torch.nn.Module) -> list[float]:
        return [getattr(m.drop_path, "drop_prob", 0.0) for m in network.modules() if hasattr(m, "drop_path")]

    assert rates(backbone) == pytest.approx(rates(theirs))
    assert max(rates(backbone)) > 0.09
    assert list(backbone.state_dict()) == names


def test_search_ranks_as_it_is_served() -> None:
    generator = torch.Generator().manual_seed(5)
    gallery_rows = torch.randn(700, 512, generator=generator) * torch.linspace(3, 0.1, 512)
    queries = gallery_rows[:40] + 0.3 * torch.randn(40, 512, generator=generator)
    gallery = Gallery.of(gallery_rows)
    numbers = torch.arange(700) // 2
    found = gallery.nearest(queries, 10, (numbers[:40], numbers))
    centred = (gallery_rows - gallery_rows.mean(0)).double()
    basis = torch.linalg.svd(centred, full_matrices=False).Vh[:30].T
    for row in range(40):
        rough = F.cosine_similarity((queries[row] - gallery_rows.mean(0)).double() @ basis, centred @ basis, dim=1)
        rough[numbers == numbers[row]] = -math.inf
        window = rough.topk(400).indices
        cosines = F.cosine_similarity(queries[row, 30:].double(), gallery_rows[window, 30:].double(), dim=1)
        exact = scores(rough[window].numpy(), cosines.numpy(), Scoring(30, USUALLY_NEAR))
        assert found[row].tolist() == window[torch.from_numpy(exact).topk(10).indices].tolist()
    assert 0 < gallery.variance_kept < 1


def test_a_query_finds_no_excluded_row_in_a_gallery_that_is_small() -> None:
    rows = torch.eye(6, 512) + 0.1
    numbers = torch.arange(6)
    found = Gallery.of(rows).nearest(rows, 5, (numbers, numbers))
    assert not bool((found == numbers[:, None]).any())
