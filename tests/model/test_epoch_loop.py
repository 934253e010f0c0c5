"""The loop over epochs, with a recipe that trains nothing."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from contracts.progress import Progress
from evaluation.served_measure import DefaultIndex
from model.training.epoch_loop import EpochLoop, Epochs
from model.training.epochs import EpochReport, EpochZero, Scored, panels
from model.training.state import load_state

_STEPS = 2


class Recipe:
    """Ten held-out queries, of which one more is right after each epoch."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._done = 0

    @property
    def groups(self) -> NDArray[np.int64]:
        return np.arange(10)

    def test(self) -> Scored:
        return Scored(0.5, tuple(query < self._done for query in range(10)))

    def epoch(self, number: int, progress: Progress) -> tuple[EpochReport, Scored]:
        for step in range(_STEPS):
            progress(step + 1, _STEPS, "loss 1")
        self._done = number
        tested = self.test()
        return EpochReport(number, 0.1, 1.0, {"some_term": 1.0}, {}, tested.scores, 1.0), tested

    def save_checkpoint(self, epoch: EpochReport, comparison: Mapping[str, Any]) -> None:
        (self._out / "comparison.json").write_text(json.dumps(comparison))

    def tensors(self) -> dict[str, torch.Tensor]:
        return {"weight": torch.ones(1)}


def run(out: Path, state: tuple[EpochZero | None, Epochs] = (None, ()), *, stop_after: int = 99) -> list[Any]:
    """Run three epochs; returns what was shown."""
    shown: list[Any] = []

    @contextmanager
    def bar(label: str, unit: str) -> Iterator[Progress]:
        shown.append((label, unit))
        yield lambda done, total, figures="", /: shown.append((done, total, figures))

    def stop(epoch: EpochReport | EpochZero) -> None:
        shown.append(str(epoch))
        if epoch.epoch == stop_after:
            raise KeyboardInterrupt

    loop = EpochLoop(out, {}, "", 3, lambda done: len(done) >= 3, lambda done: done[-1], DefaultIndex(), stop)
    try:
        loop.run(state, Recipe(out), bar, "step")
    except KeyboardInterrupt:
        shown.append("stopped")
    return shown


def test_the_bar_is_of_the_whole_training(tmp_path: Path) -> None:
    shown = run(tmp_path)
    assert shown[0].startswith("epoch   0  top-1 test 50.00%  fine R@1 as served  0.00%  before training")
    assert [line for line in shown if isinstance(line, tuple)] == [
        ("Training", "step"),
        *((step, 6, f"epoch {(step + 1) // 2} of 3, loss 1") for step in range(1, 7)),
    ]


def test_a_resumed_training_knows_the_network_before_training(tmp_path: Path) -> None:
    assert run(tmp_path, stop_after=2)[-1] == "stopped"
    state = load_state(tmp_path)
    assert state is not None
    assert state.zero is not None
    assert state.zero.tested == Scored(0.5, (False,) * 10)
    shown = run(tmp_path, (state.zero, state.epochs))
    assert [line[:2] for line in shown if isinstance(line, tuple)] == [("Training", "step"), (5, 6), (6, 6)]
    comparison = json.loads((tmp_path / "comparison.json").read_text())
    assert comparison["before"]["test_recall"] == 0.0
    assert (comparison["gain"]["before"], comparison["gain"]["after"], comparison["gain"]["queries"]) == (0.0, 0.3, 10)
    with (tmp_path / "curves.csv").open() as file:
        assert [line.split(",")[0] for line in file] == ["epoch", "0", "1", "2", "3"]


def test_scores_are_plotted_from_epoch_zero_and_losses_from_the_first() -> None:
    zero = EpochZero(Scored(0.5, (True, False)), 1.0)
    epoch = EpochReport(1, 0.1, 1.0, {"term": 2.0}, {}, {"train_top1": 0.1, "test_top1": 0.6, "test_recall": 1.0}, 1.0)
    scores, losses = panels(zero, [epoch])
    assert scores.curves == {
        "top-1 train": [10.0],
        "top-1 test": [50.0, 60.0],
        "fine R@1 as served": [50.0, pytest.approx(100.0)],
    }
    assert losses.curves == {"term": [2.0]}
    assert (scores.epochs, losses.epochs) == (1, 1)
