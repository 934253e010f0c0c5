"""The replay set that a developer makes for a network."""

import sys
from pathlib import Path

import numpy as np
import pytest

from contracts.embedding_set import TWO_PARTS
from model.checkpoint import save_checkpoint
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from model.training.lookalikes.replay_set import read_replay_set
from tests.tools.train_shipped.drawn_pictures import Sources
from tools.train_shipped import __main__ as command
from tools.train_shipped.photo_source import photo_sources


@pytest.mark.usefixtures("tiny_backbone")
def test_it_holds_training_and_held_out_pictures_and_products(
    drawn_sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    preprocessing = Preprocessing(32, "unframe", (0.0,) * 3, (1.0,) * 3)
    version = save_checkpoint(tmp_path, LookalikeNetwork("resnet18"), preprocessing, {}, parts=TWO_PARTS)
    options = ["--products", drawn_sources.products, "--photos", *drawn_sources.photos]
    options += ["--street", drawn_sources.street, "--class-map", drawn_sources.class_map]
    monkeypatch.setattr(sys, "argv", ["train_shipped", "replay", str(tmp_path), *map(str, options)])
    assert command.main() == 0
    assert "2 held-out street, 24 products" in capsys.readouterr().out
    replay = read_replay_set(tmp_path, version, "resnet18", 512)
    assert replay is not None
    photos = photo_sources(drawn_sources.photos)
    assert len(replay.queries("phone")) == sum(source.record.held_out for source in photos)
    # All photos and two garments that may be trained on.
    assert len(replay.training) == sum(not source.record.held_out for source in photos) + 2
    assert replay.allowed(replay.queries("street"), ["Shirts", "Skirts"]).sum(1).tolist() == [1, 1]
    shirts = [replay.names[number] == "Shirts" for number in replay.classes[replay.products]]
    assert np.mean(shirts) == 0.5
