"""The training: a few steps on drawn pictures, down to a checkpoint that loads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import torch

from contracts.embedding_set import TWO_PARTS
from contracts.errors import ModelError
from contracts.progress import Progress, silent
from model.checkpoint import load_checkpoint
from tools.train_shipped import __main__ as command
from tools.train_shipped import training
from tools.train_shipped.config import TrainingConfig
from tools.train_shipped.training import train_shipped

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("tiny_backbone")]

SETTINGS = {"network": "resnet18", "start": "random", "input_size": 32, "item_negatives": 64}
SIZES = {"batch_size": 24, "photos": 6, "street": 6, "warmup_steps": 3}


def config(**changes: object) -> TrainingConfig:
    return TrainingConfig(**{**SETTINGS, **SIZES, "seconds": 12.0, **changes})  # type: ignore[arg-type]


class RecordedProgress:
    """Keeps the figures that a training shows."""

    def __init__(self) -> None:
        self.figures: list[str] = []

    @contextmanager
    def __call__(self, label: str, _unit: str) -> Iterator[Progress]:
        def show(_done: int, _total: int, figures: str = "", /) -> None:
            if label == "Training":
                self.figures.append(figures)

        yield show


def ticking() -> Iterator[float]:
    return (float(second) for second in count())


def test_a_few_steps_make_a_checkpoint_with_scores(
    packs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_STEPS_A_REPORT", 1)
    progress, clock = RecordedProgress(), ticking()
    report = train_shipped(
        packs, tmp_path, config(), device="cpu", workers=1, progress=progress, clock=lambda: next(clock)
    )
    assert report.steps == 12
    losses = [float(figures.split("loss ")[1].split(",")[0]) for figures in progress.figures]
    assert len(losses) == 12
    assert torch.tensor(losses).isfinite().all()
    assert losses[-1] < losses[0]
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint.version == report.version
    assert checkpoint.parts == TWO_PARTS
    assert checkpoint.network.categories == ("Shirts", "Skirts")
    assert checkpoint.preprocessing.input_size == 32
    facts = checkpoint.training
    assert facts["held_out_scores"] == report.scores
    assert facts["steps"] == 12
    assert facts["start"] == "random"
    assert facts["train_items"] + facts["test_items"] == 24
    assert facts["views"]["calm"] == 0.25
    assert set(report.scores) == {
        *("products small", "products large", "photos phone", "photos more", "street", "copies", "gallery")
    }
    for scores in report.scores.values():
        for value in scores.values():
            assert all(0 <= each <= 1 for each in (value.values() if isinstance(value, dict) else [value]))


def test_the_same_seed_gives_the_same_network(packs: Path, tmp_path: Path) -> None:
    versions = []
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        clock = ticking()
        report = train_shipped(
            packs,
            tmp_path / name,
            config(seed=seed, seconds=3.0),
            device="cpu",
            workers=1,
            progress=silent,
            clock=lambda clock=clock: next(clock),  # type: ignore[misc]
        )
        versions.append(report.version)
    assert versions[0] == versions[1] != versions[2]


def test_a_training_that_diverges_says_so(packs: Path, tmp_path: Path) -> None:
    clock = ticking()
    with pytest.raises(ModelError, match="diverged before step 12: its loss is not finite; train again with a smaller"):
        train_shipped(
            packs,
            tmp_path,
            config(lr=1e30, backbone_lr=1e30),
            device="cpu",
            workers=1,
            progress=silent,
            clock=lambda: next(clock),
        )
    assert not list(tmp_path.iterdir())


def test_the_command_trains_with_its_options(
    packs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", str(packs), "--out", str(tmp_path), "--seconds", "0.01", "--device", "cpu", "--batch", "24"]
    for name, value in {**SETTINGS, "photos": 6, "street": 6}.items():
        arguments += [f"--{name.replace('_', '-')}", str(value)]
    monkeypatch.setattr("sys.argv", ["train_shipped", *arguments])
    assert command.main() == 0
    printed = capsys.readouterr().out
    assert json.loads(printed[: printed.rindex("}") + 1])["street"]["classes"].keys() == {"shirt", "skirt"}
    assert load_checkpoint(tmp_path).training["seconds"] == 0.01


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"batch_size": 12}, "--batch-size must be at least 14"),
        ({"seconds": 0.0}, "--seconds must be above 0"),
        ({"network": "resnet17"}, "there is no network 'resnet17'"),
        ({"drop_path": 1.0}, "--drop-path must be at least 0 and below 1"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        config(**changes)


def test_without_packs_the_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train_shipped", "train", str(tmp_path), "--out", str(tmp_path / "out"), "--network", "resnet18"]
    monkeypatch.setattr("sys.argv", arguments)
    assert command.main() == 1
    assert "class-map.json cannot be read" in capsys.readouterr().err
