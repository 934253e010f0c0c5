"""The figures of the epochs: what the table, the curves, the progress line and the saved state are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from model.training.curves import Panel

SCORE_LABELS = {
    "train_top1": "top-1 train",
    "test_top1": "top-1 test",
    "test_recall": "fine R@1 as served",
    "photos": "photos P@10",
    "street": "street P@10",
    "replayed_phone": "replayed phone P@10",
    "replayed_street": "replayed street P@10",
}


@dataclass(frozen=True, slots=True)
class TrainFigures:
    """What the steps of one epoch gave on the training pictures, as in `EpochReport`.

    Attributes:
        loss, terms, shares: see there.
        top1: share of the training views whose class was the first guess.
    """

    loss: float
    terms: Mapping[str, float]
    shares: Mapping[str, float]
    top1: float


@dataclass(frozen=True, slots=True)
class Scored:
    """How good a network is on the held-out items.

    Attributes:
        top1: share whose class is the head's first guess, 0 to 1.
        right: for each judged query whether its first result is right, see `served_measure.JudgedQueries`.
        precision: share of the first ten that fit, of other queries than items, by names in `SCORE_LABELS`.
    """

    top1: float
    right: tuple[bool, ...]
    precision: Mapping[str, float] = field(default_factory=dict)

    @property
    def scores(self) -> dict[str, float]:
        """By the names in `SCORE_LABELS`, 0 to 1; 0 where nothing could be judged."""
        return {
            "test_top1": self.top1,
            "test_recall": sum(self.right) / max(1, len(self.right)),
            **self.precision,
        }


@dataclass(frozen=True, slots=True)
class EpochZero:
    """The network before training.

    Attributes:
        tested: as after an epoch.
        seconds: wall-clock time of the test.
    """

    tested: Scored
    seconds: float

    @property
    def epoch(self) -> int:
        """The number of the epoch."""
        return 0

    def row(self) -> dict[str, float]:
        """The figures that there are: a row of the table."""
        return {"epoch": 0, **self.tested.scores, "seconds": self.seconds}

    def __str__(self) -> str:
        return f"epoch   0  {_scores(self.tested.scores)}  before training  {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class EpochReport:
    """The figures of one epoch of any recipe. Which names there are is up to the recipe and its loss terms.

    Attributes:
        epoch: counted from 1.
        lr: learning rate of the new layers at the end of the epoch.
        loss: what is minimised, the weighted sum of the terms; mean over the epoch.
        terms: value of each loss term before it is weighted, by the term's name.
        shares: what else the loss terms report, by name, 0 to 1.
        scores: accuracy on training and test pictures, by the names in `SCORE_LABELS`, 0 to 1.
        seconds: wall-clock time.
    """

    epoch: int
    lr: float
    loss: float
    terms: Mapping[str, float]
    shares: Mapping[str, float]
    scores: Mapping[str, float]
    seconds: float

    def row(self) -> dict[str, float]:
        """All figures by name: a row of the table."""
        return {
            "epoch": self.epoch,
            "lr": self.lr,
            "loss": self.loss,
            **self.terms,
            **self.shares,
            **self.scores,
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        parts = [f"{_spelled(name)} {value:.4f}" for name, value in self.terms.items()]
        parts += [f"{value:.1%} {_spelled(name)}" for name, value in self.shares.items()]
        return (
            f"epoch {self.epoch:>3}  {_scores(self.scores)}  loss {self.loss:.4f} ({', '.join(parts)})  "
            f"lr {self.lr:.3g}  {self.seconds:.1f} s"
        )


def panels(zero: EpochZero | None, epochs: Sequence[EpochReport]) -> list[Panel]:
    """The plots of `curves.png`: scores in per cent, and losses.

    Args:
        zero: before training; None if nothing is held out.
        epochs: at least one, all with the same names.
    """
    first = epochs[0]
    before = {} if zero is None else zero.tested.scores
    return [
        Panel(
            "accuracy, %",
            len(epochs),
            {
                SCORE_LABELS[name]: [
                    100 * scores[name] for scores in (before, *(e.scores for e in epochs)) if name in scores
                ]
                for name in first.scores
            },
            highest=100,
        ),
        Panel(
            "loss",
            len(epochs),
            {
                **{_spelled(name): [epoch.terms[name] for epoch in epochs] for name in first.terms},
                **{f"share {_spelled(name)}": [epoch.shares[name] for epoch in epochs] for name in first.shares},
            },
        ),
    ]


def _scores(scores: Mapping[str, float]) -> str:
    return "  ".join(f"{SCORE_LABELS[name]} {value:6.2%}" for name, value in scores.items())


def _spelled(name: str) -> str:
    return name.replace("_", " ")
