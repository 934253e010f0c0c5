"""What a training gained over the network that it began with, and how sure that is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

Verdict = Literal["better", "worse", "within the noise"]


@dataclass(frozen=True, slots=True)
class Gain:
    """Fine R@1 of the checkpoint against that of the network before training, on the same held-out queries.

    Attributes:
        before, after: shares of the queries whose first result is right, 0 to 1.
        low, high: 95 % interval of the difference, from a paired bootstrap; None if the queries are a single group,
            which says nothing about the variation between groups.
        queries: how many.
    """

    before: float
    after: float
    low: float | None
    high: float | None
    queries: int

    @property
    def verdict(self) -> Verdict:
        """Better or worse only if the whole interval is."""
        if self.low is not None and self.low > 0:
            return "better"
        if self.high is not None and self.high < 0:
            return "worse"
        return "within the noise"

    def to_json(self) -> dict[str, Any]:
        """All figures and the verdict, JSON types."""
        return {**asdict(self), "verdict": self.verdict}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """What `to_json` returned."""
        return cls(**{name: value for name, value in fields.items() if name != "verdict"})

    def __str__(self) -> str:
        interval = "one group, so no interval"
        if self.low is not None and self.high is not None:
            interval = f"95 % interval {self.low:+.3f} to {self.high:+.3f}"
        figures = (
            f"fine R@1 as served is {self.after:.3f}, and was {self.before:.3f} before training "
            f"({self.after - self.before:+.3f}, {interval}, {self.queries:,} held-out queries)"
        )
        if self.verdict == "better":
            return f"The trained network is better than the one it began with: {figures}."
        if self.verdict == "worse":
            return f"The trained network is worse than the one it began with, so keep that one: {figures}."
        return (
            f"The trained network is neither better nor worse than the one it began with, within the noise: {figures}."
        )


def in_words(gain: Gain | None) -> str:
    """One sentence; also where nothing could be compared."""
    if gain is None:
        return (
            "Whether the trained network is better than the one it began with is unknown: no held-out item could be "
            "judged."
        )
    return str(gain)
