"""The objective of a step, compared with its formulas written out."""

from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.training.lookalikes.heads import split_embedding
from tools.train_shipped.batch_rows import BatchSampler
from tools.train_shipped.config import TrainingConfig
from tools.train_shipped.draws import Draws
from tools.train_shipped.objective import Objective, StepOutput
from tools.train_shipped.set_loss import set_loss
from tools.train_shipped.step_batch import StepLabels, step_labels
from tools.train_shipped.training_set import TrainingSet

CPU, NEGATIVES_SEED = torch.device("cpu"), 9
PRODUCTS, PHOTOS = 12, 6
CONFIG = TrainingConfig(network="resnet18", batch_size=24, photos=PHOTOS, street=6, item_negatives=80)


@dataclass
class Step:
    objective: Objective
    head: nn.Linear
    labels: StepLabels
    output: StepOutput

    def terms(self, done: float) -> dict[str, Tensor]:
        return self.objective.compute(self.head, self.labels, self.output, done)


@pytest.fixture
def step(training_set: TrainingSet) -> Step:
    labels = step_labels(training_set, BatchSampler(training_set, CONFIG, Draws(CPU, 1)).draw())
    torch.manual_seed(2)
    pooled, embedding = torch.randn(24, 40), torch.randn(24, 512, requires_grad=True)
    output = StepOutput(pooled, embedding, split_embedding(torch.randn(24, 512)))
    return Step(Objective(training_set, 40, CONFIG, Draws(CPU, NEGATIVES_SEED)), nn.Linear(512, 2), labels, output)


def test_every_term_is_its_formula(step: Step) -> None:
    terms = {name: float(term.detach()) for name, term in step.terms(0.3).items()}
    first, _ = split_embedding(step.output.embedding.detach())
    allowed, pooled = step.labels.allowed, step.output.pooled
    prototypes = [F.normalize(each, dim=1) for each in step.objective.heads.prototypes]

    def logits(vectors: Tensor, target: int) -> Tensor:
        return 20 * vectors @ prototypes[target].T

    def loss(values: Tensor, right: Tensor) -> float:
        return float(set_loss(values, right, 0.05).detach())

    types = logits(first, 0)
    kinds = (slice(0, 12), slice(12, 18), slice(18, 24))
    by_kind = [weight * loss(types[k], allowed[0][k]) for k, weight in zip(kinds, (0.6, 0.25, 0.25), strict=True)]
    assert terms["type"] == pytest.approx(1.5 * sum(by_kind))
    assert terms["colour"] == pytest.approx(0.9 * loss(logits(first[:12], 1), allowed[1][:12]))
    assert terms["gender"] == pytest.approx(0.6 * loss(logits(first[:12], 2), allowed[2][:12]))
    auxiliary = [head(pooled).detach() for head in step.objective.auxiliary]
    classes = F.cross_entropy(auxiliary[3][12:], step.labels.categories, label_smoothing=0.05)
    losses = [loss(auxiliary[target], allowed[target]) for target in range(3)]
    assert terms["auxiliary"] == pytest.approx(0.2 * (sum(losses) + float(classes)))
    agreement = 0.0
    for target in (1, 2):
        goals = logits(step.output.keys[0][12:], target).softmax(1)
        mine = logits(first[12:], target).softmax(1)
        agreement += float((goals * (goals / mine).log()).sum(1).mean().detach())
    assert terms["agreement"] == pytest.approx(0.3 * 0.5 * agreement, rel=1e-4)
    assert terms["head"] == pytest.approx(loss(step.head(step.output.embedding.detach()), allowed[0]))


def test_agreement_begins_late_and_rises(step: Step) -> None:
    begin, half, full, end = (float(step.terms(done)["agreement"].detach()) for done in (0.15, 0.3, 0.45, 1.0))
    assert begin == 0
    assert full == pytest.approx(2 * half)
    assert end == pytest.approx(full)


def test_items_are_contrasted_with_what_is_remembered(step: Step) -> None:
    """A first step remembers only its own keys, so nothing else counts."""
    loss = float(step.terms(0.0)["items"].detach())
    memory = step.objective.memory
    assert int(memory.stored.sum()) == len(set(step.labels.index.tolist()))
    assert bool(memory.stored[step.labels.index].all())
    second = split_embedding(step.output.embedding.detach())[1]
    keys = memory.vectors[step.labels.index].float()
    groups = memory.groups[step.labels.index]
    negatives = Draws(CPU, NEGATIVES_SEED).integers(len(memory.groups), CONFIG.item_negatives).tolist()
    others = [number for number in negatives if memory.stored[number]]
    keys = torch.cat((keys, memory.vectors[others].float()))
    groups = torch.cat((groups, memory.groups[others]))
    shares = (20 * second @ keys.T).softmax(1)
    right = torch.stack([row[groups == groups[number]].sum() for number, row in enumerate(shares)])
    assert loss == pytest.approx(float(-right.log().mean()), rel=1e-4)


def test_the_head_learns_without_changing_the_embedding(step: Step) -> None:
    torch.autograd.backward(step.terms(0.0)["head"])
    assert step.output.embedding.grad is None
    assert step.head.weight.grad is not None


def test_photos_have_a_type_but_neither_colour_nor_gender(step: Step) -> None:
    types, colours, genders = step.labels.allowed
    assert bool(types.any(1).all())
    for table in (colours, genders):
        assert bool((table[:PRODUCTS].sum(1) == 1).all())
        assert not bool(table[PRODUCTS:].any())
