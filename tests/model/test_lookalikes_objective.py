"""Adding a loss: a `LossTerm` in a file of its own, and one line in `objective.LOSS_TERMS`."""

import csv
import dataclasses
from pathlib import Path

import pytest
import torch

from evaluation.served_measure import DefaultIndex
from model.catalogue.catalogue import Catalogue
from model.training.epochs import EpochReport, EpochZero
from model.training.lookalikes import objective
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.losses.term import LossTerm, StepBatch, TermSetup, TermValue
from model.training.lookalikes.training import train_lookalikes
from model.training.state import load_state
from tests.model.training_catalogue import colour_catalogue

pytestmark = pytest.mark.usefixtures("one_thread", "tiny_backbone")

CONFIG = LookalikeConfig(
    network="resnet18", start="random", targets=("category",), epochs=2, batch_size=8, input_size=32, seed=3
)


class SpreadTerm(LossTerm):
    """Keeps the embeddings of a batch apart; with a parameter and a figure of its own."""

    name = "spread"
    shares = ("near",)

    def __init__(self, setup: TermSetup) -> None:
        super().__init__(0.5)
        self.temperature = torch.nn.Parameter(torch.ones(()))

    def compute(self, batch: StepBatch) -> TermValue:
        cosines = batch.parts[0] @ batch.parts[0].T
        return TermValue((self.temperature * cosines).exp().mean(), {"near": (cosines > 0.5).float().mean()})


@pytest.fixture
def with_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    # This is the one line.
    monkeypatch.setattr(objective, "LOSS_TERMS", (*objective.LOSS_TERMS, SpreadTerm))


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return colour_catalogue(tmp_path_factory.mktemp("shop"))


def train(catalogue: Catalogue, out: Path, *, stop_after: int = 99, resume: bool = False) -> tuple[EpochReport, ...]:
    def stop(epoch: EpochReport | EpochZero) -> None:
        if epoch.epoch == stop_after:
            raise KeyboardInterrupt

    measure = DefaultIndex()
    return train_lookalikes(
        catalogue, out, CONFIG, measure, device="cpu", workers=1, on_epoch=stop, resume=resume, keep_state=True
    ).epochs


@pytest.mark.usefixtures("with_spread")
def test_a_new_term_is_trained_reported_and_saved(catalogue: Catalogue, tmp_path: Path) -> None:
    epochs = train(catalogue, tmp_path / "out")
    last = epochs[-1]
    with (tmp_path / "out" / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        *("epoch", "lr", "loss", "attributes", "items", "imitation", "kept", "replay", "spread", "active", "near"),
        *("train_top1", "test_top1", "test_recall", "seconds"),
    ]
    assert float(rows[-1]["spread"]) == last.terms["spread"] > 0
    assert last.loss == pytest.approx(last.terms["attributes"] + last.terms["items"] + 0.5 * last.terms["spread"])
    assert f"spread {last.terms['spread']:.4f}" in str(last)
    assert f"{last.shares['near']:.1%} near" in str(last)
    state = load_state(tmp_path / "out")
    assert state is not None
    assert state.tensors["objective.spread_term.temperature"] != 1, "its parameter was not trained"


@pytest.mark.usefixtures("with_spread")
def test_a_resumed_training_with_a_new_term_has_the_same_tensors(catalogue: Catalogue, tmp_path: Path) -> None:
    whole = train(catalogue, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(catalogue, tmp_path / "stopped", stop_after=1)
    resumed = train(catalogue, tmp_path / "stopped", resume=True)
    assert [dataclasses.replace(epoch, seconds=0) for epoch in resumed] == [
        dataclasses.replace(epoch, seconds=0) for epoch in whole
    ]
    there, here = load_state(tmp_path / "whole"), load_state(tmp_path / "stopped")
    assert there is not None
    assert here is not None
    assert there.tensors.keys() == here.tensors.keys()
    assert all(torch.equal(tensor, here.tensors[name]) for name, tensor in there.tensors.items())


def test_two_figures_of_one_name_are_refused(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(objective, "LOSS_TERMS", (*objective.LOSS_TERMS, *objective.LOSS_TERMS[:1]))
    with pytest.raises(ValueError, match="same name: attributes, items, imitation, kept, replay, attributes, active"):
        train(catalogue, tmp_path / "out")
