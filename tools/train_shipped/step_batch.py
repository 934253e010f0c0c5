"""What a step knows about its pictures, besides their views."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tools.train_shipped.batch_rows import BatchRows
from tools.train_shipped.training_set import TYPE, TrainingSet


@dataclass(frozen=True, slots=True, eq=False)
class StepLabels:
    """The labels of a step's pictures, in the order of `BatchRows`.

    Attributes:
        products, photos: number of products and of photos; the other rows are garments.
        index: (B,) int64, numbers among all pictures of the training.
        allowed: for each target (B, values) bool, the values that may be right; of photos and garments only types are
            known.
        categories: (F + G,) int64, numbers of the classes of photos and garments.
    """

    products: int
    photos: int
    index: Tensor
    allowed: tuple[Tensor, ...]
    categories: Tensor

    @property
    def kinds(self) -> tuple[slice, slice, slice]:
        """The rows of products, photos and garments."""
        garments = self.products + self.photos
        return slice(self.products), slice(self.products, garments), slice(garments, None)


def step_labels(pictures: TrainingSet, rows: BatchRows) -> StepLabels:
    """Look up the labels of a step's pictures."""
    labels = pictures.products.labels[rows.products]
    tables = []
    for target, values in enumerate(pictures.values):
        column = labels[:, target]
        known = F.one_hot(column.clamp(min=0), len(values)).bool() & (column >= 0)[:, None]
        others: tuple[Tensor, ...] = (pictures.photos.allowed[rows.photos], pictures.street.allowed[rows.garments])
        if target != TYPE:
            others = tuple(known.new_zeros((len(table), len(values))) for table in others)
        tables.append(torch.cat((known, *others)))
    categories = (pictures.photos.categories[rows.photos], pictures.street.categories[rows.garments])
    return StepLabels(len(rows.products), len(rows.photos), rows.index(pictures), tuple(tables), torch.cat(categories))
