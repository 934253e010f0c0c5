"""The figures of each epoch of the default recipe."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.training.curves import Panel


@dataclass(frozen=True, slots=True)
class LookalikeEpoch:
    """What came of one epoch.

    Attributes:
        epoch: counted from 1.
        lr: learning rate of the new layers at its end.
        loss: what is minimised, mean over the steps.
        attributes, items, imitation: its parts without their weights, see `model.training.lookalikes.losses`.
        active: share of the pictures whose nearest other vector is not yet one of the same item.
        train_top1: share of the training views whose value of the first target was the first guess.
        test_top1: the same of held-out pictures, after the epoch; 0 where none are held out.
        test_recall: share of held-out items whose nearest other item, by the first 30 coordinates, agrees in every
            target; 0 where none are held out.
        seconds: wall-clock time.
    """

    epoch: int
    lr: float
    loss: float
    attributes: float
    items: float
    imitation: float
    active: float
    train_top1: float
    test_top1: float
    test_recall: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"epoch {self.epoch:>3}  top-1 train {self.train_top1:6.2%}  test {self.test_top1:6.2%}  "
            f"fine R@1 test {self.test_recall:.3f}  loss {self.loss:.4f} (attributes {self.attributes:.4f}, "
            f"items {self.items:.4f}, imitation {self.imitation:.4f}, {self.active:.1%} active)  lr {self.lr:.2g}  "
            f"{self.seconds:.1f} s"
        )


def panels(epochs: Sequence[LookalikeEpoch]) -> list[Panel]:
    """What `curves.png` shows."""
    return [
        Panel(
            "top-1 accuracy and fine R@1, %",
            {
                "top-1 train": [100 * epoch.train_top1 for epoch in epochs],
                "top-1 test": [100 * epoch.test_top1 for epoch in epochs],
                "fine R@1 test": [100 * epoch.test_recall for epoch in epochs],
            },
            highest=100,
        ),
        Panel(
            "loss",
            {
                "attributes": [epoch.attributes for epoch in epochs],
                "items": [epoch.items for epoch in epochs],
                "imitation": [epoch.imitation for epoch in epochs],
                "share of active pictures": [epoch.active for epoch in epochs],
            },
        ),
    ]
