"""The figures of each epoch, as a table and as a picture beside the checkpoint."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from matplotlib.figure import Figure

from index.durable_files import replace_file

CURVES_CSV = "curves.csv"
CURVES_PNG = "curves.png"


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


def write_table(folder: Path, epochs: Sequence[EpochReport]) -> None:
    """Write `curves.csv` in one step."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [field.name for field in fields(EpochReport)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(epoch) for epoch in epochs)
    replace_file(folder / CURVES_CSV, text.getvalue().encode())


def draw_curves(folder: Path, epochs: Sequence[EpochReport]) -> None:
    """Draw `curves.png` in one step; takes half a second.

    Args:
        epochs: one at least.
    """
    # The Figure itself and not pyplot: that keeps a global state and may look for a screen.
    figure = Figure(figsize=(10, 4), layout="constrained")
    accuracy, losses = figure.subplots(1, 2)
    numbers = [epoch.epoch for epoch in epochs]
    accuracy.plot(numbers, [100 * epoch.train_top1 for epoch in epochs], marker=".", label="train")
    accuracy.plot(numbers, [100 * epoch.test_top1 for epoch in epochs], marker=".", label="test")
    accuracy.set(xlabel="epoch", ylabel="top-1 accuracy, %", ylim=(0, 100))
    losses.plot(numbers, [epoch.cross_entropy for epoch in epochs], marker=".", label="cross-entropy")
    losses.plot(numbers, [epoch.triplet for epoch in epochs], marker=".", label="triplet")
    losses.plot(numbers, [epoch.active_triplets for epoch in epochs], linestyle=":", label="share of active triplets")
    losses.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
    for axes in (accuracy, losses):
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    replace_file(folder / CURVES_PNG, buffer.getvalue())
