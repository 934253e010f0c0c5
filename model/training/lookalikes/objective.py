"""The objective: the weighted sum of the loss terms.

To add a loss, write a `LossTerm` in a file of its own in `losses/` and add its class to `LOSS_TERMS` below. Its column
in `curves.csv`, its curve, its figure in the progress line and its part of the saved state follow from its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.training.lookalikes.losses.attributes import AttributeTerm
from model.training.lookalikes.losses.imitation import ImitationTerm
from model.training.lookalikes.losses.items import ItemTerm
from model.training.lookalikes.losses.keeping import KeepingTerm
from model.training.lookalikes.losses.replay import ReplayTerm
from model.training.lookalikes.losses.term import LossTerm, StepBatch, TermSetup

# In this order they stand in tables and progress lines.
LOSS_TERMS: tuple[Callable[[TermSetup], LossTerm], ...] = (
    AttributeTerm,
    ItemTerm,
    ImitationTerm,
    KeepingTerm,
    ReplayTerm,
)


@dataclass(frozen=True, slots=True)
class ObjectiveValue:
    """The objective for one batch.

    Attributes:
        loss: () float32, the weighted sum.
        terms: () float32 each, by the term's name: the terms before they are weighted.
        shares: () float32 each, by name: what else the terms report.
    """

    loss: Tensor
    terms: Mapping[str, Tensor]
    shares: Mapping[str, Tensor]


class Objective(nn.Module):
    """All loss terms of a training.

    Args:
        setup: what the terms may use.

    Raises:
        ValueError: two figures have the same name.
    """

    def __init__(self, setup: TermSetup) -> None:
        super().__init__()
        terms = [build(setup) for build in LOSS_TERMS]
        self.term_names = tuple(term.name for term in terms)
        self.share_names = tuple(name for term in terms for name in term.shares)
        names = (*self.term_names, *self.share_names)
        if len(set(names)) < len(names):
            raise ValueError(f"two figures of the loss terms have the same name: {', '.join(names)}")
        self._terms = terms
        for term in terms:
            # `nn.Module` has attributes such as `items` itself, so the name alone would not do.
            self.add_module(f"{term.name}_term", term)

    def compute(self, batch: StepBatch) -> ObjectiveValue:
        """Compute every term and their weighted sum."""
        terms: dict[str, Tensor] = {}
        shares: dict[str, Tensor] = {}
        loss = torch.zeros((), device=batch.views.device)
        for term in self._terms:
            value = term.compute(batch)
            loss = loss + term.weight * value.loss
            terms[term.name] = value.loss
            shares |= value.shares
        return ObjectiveValue(loss, terms, shares)
