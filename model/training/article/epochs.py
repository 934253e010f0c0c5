"""The figures of each epoch of the article's recipe."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.training.curves import Panel


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What came of one epoch.

    Attributes:
        epoch: counted from 1.
        lr: learning rate.
        loss: cross-entropy + weight x triplet loss, mean over the training pictures.
        cross_entropy, triplet: its two parts, the latter without its weight, mean over the valid triplets.
        active_triplets: share of the valid triplets not yet apart by the margin; 0 when there are none.
        train_top1: share of the training pictures whose class was the first guess, while learning.
        test_top1: the same of the test pictures, after the epoch.
        seconds: wall-clock time.
    """

    epoch: int
    lr: float
    loss: float
    cross_entropy: float
    triplet: float
    active_triplets: float
    train_top1: float
    test_top1: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"epoch {self.epoch:>3}  top-1 train {self.train_top1:6.2%}  test {self.test_top1:6.2%}  "
            f"loss {self.loss:.4f} (cross-entropy {self.cross_entropy:.4f}, triplet {self.triplet:.4f}, "
            f"{self.active_triplets:.1%} active)  lr {self.lr:g}  {self.seconds:.1f} s"
        )


def panels(epochs: Sequence[EpochReport]) -> list[Panel]:
    """What `curves.png` shows."""
    return [
        Panel(
            "top-1 accuracy, %",
            {
                "train": [100 * epoch.train_top1 for epoch in epochs],
                "test": [100 * epoch.test_top1 for epoch in epochs],
            },
            highest=100,
        ),
        Panel(
            "loss",
            {
                "cross-entropy": [epoch.cross_entropy for epoch in epochs],
                "triplet": [epoch.triplet for epoch in epochs],
                "share of active triplets": [epoch.active_triplets for epoch in epochs],
            },
        ),
    ]
