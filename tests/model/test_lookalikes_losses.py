import math

import pytest
import torch
import torch.nn.functional as F

from model.training.lookalikes.heads import AttributeHeads, split_embedding
from model.training.lookalikes.losses.attributes import attribute_loss
from model.training.lookalikes.losses.imitation import imitation_loss
from model.training.lookalikes.losses.items import item_loss


def unit(*rows: list[float]) -> torch.Tensor:
    return F.normalize(torch.tensor(rows), dim=1)


class TestAttributeLoss:
    def test_one_right_value_is_cross_entropy_with_smoothing(self) -> None:
        logits = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
        labels = torch.tensor([0, 3, 1, 1, 2])
        allowed = F.one_hot(labels, 4).bool()
        for smoothing in (0.0, 0.1):
            expected = F.cross_entropy(logits, labels, label_smoothing=smoothing)
            assert torch.allclose(attribute_loss(logits, allowed, smoothing), expected)

    def test_of_several_allowed_values_their_sum_counts(self) -> None:
        logits = torch.tensor([[math.log(0.5), math.log(0.3), math.log(0.2)]])
        loss = attribute_loss(logits, torch.tensor([[True, False, True]]), 0.0)
        assert loss.item() == pytest.approx(-math.log(0.7))

    def test_rows_without_a_label_count_nothing_and_pass_no_gradient(self) -> None:
        logits = torch.randn(3, 4, requires_grad=True)
        allowed = torch.zeros(3, 4, dtype=torch.bool)
        allowed[1, 2] = True
        loss = attribute_loss(logits, allowed, 0.05)
        loss.backward()  # type: ignore[no-untyped-call]
        assert loss.item() == pytest.approx(
            F.cross_entropy(logits[1:2], torch.tensor([2]), label_smoothing=0.05).item() / 3
        )
        assert logits.grad is not None
        assert logits.grad.isfinite().all()
        assert not logits.grad[[0, 2]].any()

    def test_labels_missing_everywhere_cost_nothing(self) -> None:
        logits = torch.randn(3, 4, requires_grad=True)
        loss = attribute_loss(logits, torch.zeros(3, 4, dtype=torch.bool), 0.05)
        loss.backward()  # type: ignore[no-untyped-call]
        assert loss.item() == 0.0
        assert logits.grad is not None
        assert not logits.grad.any()


class TestItemLoss:
    keys = unit([1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [1.0, 1.0, 0])
    stored = torch.tensor([True, True, True, True])

    def test_it_is_the_share_of_the_positives(self) -> None:
        vectors = unit([1.0, 0.2, 0.0])
        positive = torch.tensor([[True, False, False, True]])
        shares = (2 * vectors @ self.keys.T).softmax(1)[0]
        loss, active = item_loss(vectors, self.keys, self.stored, positive, 2.0)
        assert loss.item() == pytest.approx(-math.log(shares[0] + shares[3]), rel=1e-5)
        assert active.item() == 0.0

    def test_a_nearer_stranger_is_active(self) -> None:
        loss, active = item_loss(
            unit([1.0, 0.0, 0.0]), self.keys, self.stored, torch.tensor([[False, True, False, False]]), 10.0
        )
        assert active.item() == 1.0
        assert loss.item() > 5

    def test_what_is_not_stored_yet_is_neither_negative_nor_positive(self) -> None:
        stored = torch.tensor([True, False, False, False])
        positive = torch.tensor([[True, False, False, False], [False, True, False, False]])
        vectors = unit([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]).requires_grad_()
        loss, _ = item_loss(vectors, self.keys, stored, positive, 10.0)
        assert loss.item() == pytest.approx(0.0, abs=1e-6)

    def test_without_any_positive_it_is_zero_and_can_be_learned_from(self) -> None:
        vectors = unit([1.0, 0.0, 0.0]).requires_grad_()
        loss, active = item_loss(
            vectors, self.keys, torch.zeros(4, dtype=torch.bool), torch.ones(1, 4, dtype=torch.bool), 10.0
        )
        loss.backward()  # type: ignore[no-untyped-call]
        assert (loss.item(), active.item()) == (0.0, 0.0)


def test_imitation_is_nought_for_the_same_directions_and_two_for_opposite_ones() -> None:
    mine, theirs = unit([1.0, 2.0]), unit([3.0, 6.0])
    assert imitation_loss([mine], [theirs]).item() == pytest.approx(0.0, abs=1e-6)
    assert imitation_loss([mine, mine], [theirs, -theirs]).item() == pytest.approx(2.0)


def test_both_parts_of_an_embedding_have_length_one() -> None:
    first, rest = split_embedding(torch.randn(6, 512) * 7, 30)
    assert (first.shape, rest.shape) == ((6, 30), (6, 482))
    assert torch.allclose(torch.cat((first.norm(dim=1), rest.norm(dim=1))), torch.ones(12))


def test_each_part_has_prototypes_of_its_own_for_each_target() -> None:
    heads = AttributeHeads((4, 3), (30, 482), torch.Generator().manual_seed(1))
    first, rest = split_embedding(torch.randn(2, 512), 30)
    assert [logits.shape for part, vectors in enumerate((first, rest)) for logits in heads(part, vectors)] == [
        (2, 4),
        (2, 3),
        (2, 4),
        (2, 3),
    ]
    assert max(logits.abs().max().item() for logits in heads(0, first)) <= 20.0


def test_prototypes_are_set_to_the_means_of_their_pictures() -> None:
    heads = AttributeHeads((2, 3), (2, 4), torch.Generator().manual_seed(1))
    untouched = [prototypes.detach().clone() for prototypes in heads.prototypes]
    heads.set_to_means(0, [torch.tensor([[3.0, 4.0], [0.0, 0.0]]), torch.tensor([[0.0, -2.0], [1.0, 0.0], [0.0, 0.0]])])
    first, second, *others = heads.prototypes
    assert first[0].tolist() == pytest.approx([0.6, 0.8])
    assert second[:2].flatten().tolist() == pytest.approx([0.0, -1.0, 1.0, 0.0])
    assert torch.equal(first[1], untouched[0][1])
    assert torch.equal(second[2], untouched[1][2])
    assert all(torch.equal(one, other) for one, other in zip(others, untouched[2:], strict=True))
