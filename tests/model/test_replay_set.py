"""The replay set: features of pictures, beside a checkpoint."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from contracts.errors import ModelError
from model.training.lookalikes.replay_set import (
    ReplaySet,
    product_kind,
    read_replay_set,
    replay_file,
    write_replay_set,
)

VERSION = "resnet18-0123456789ab"


def replay_set() -> ReplaySet:
    features = np.random.default_rng(0).random((6, 5), np.float32) * 3 - 1
    return ReplaySet(
        features,
        np.array([0, 0, 1, 1, product_kind(), product_kind()]),
        np.array([True, False, False, True, True, True]),
        np.array([0, 0, 1, 1, 2, 3]),
        ("hat", "street-hat", "Caps", "Shirts"),
        (("Caps", "Hat"), ("Caps",), ("Caps",), ("Shirts",)),
    )


def test_it_comes_back_within_a_255th_of_each_columns_range(tmp_path: Path) -> None:
    written = replay_set()
    write_replay_set(tmp_path, VERSION, "resnet18", written)
    read = read_replay_set(tmp_path, VERSION, "resnet18", 5)
    assert read is not None
    spread = written.features.max(axis=0) - written.features.min(axis=0)
    assert (np.abs(read.features - written.features) <= spread / 255 / 2 * 1.001).all()
    assert read.kinds.tolist() == written.kinds.tolist()
    assert read.held_out.tolist() == written.held_out.tolist()
    assert (read.names, read.fits) == (written.names, written.fits)


def test_rows_are_told_apart(tmp_path: Path) -> None:
    replay = replay_set()
    assert replay.training.tolist() == [1, 2]
    assert replay.products.tolist() == [4, 5]
    assert (replay.queries("phone").tolist(), replay.queries("street").tolist()) == ([0], [3])
    assert replay.allowed(np.array([0, 2, 5]), ["Hat", "Shirts", "Shoes"]).tolist() == [
        [True, False, False],
        [False, False, False],
        [False, True, False],
    ]


def test_a_network_without_one_has_none(tmp_path: Path) -> None:
    assert read_replay_set(tmp_path, VERSION, "resnet18", 5) is None


def test_that_of_another_network_or_width_is_refused(tmp_path: Path) -> None:
    path = write_replay_set(tmp_path, VERSION, "resnet18", replay_set())
    with pytest.raises(ModelError, match=r"not of 7 finite numbers each.*delete this file"):
        read_replay_set(tmp_path, VERSION, "resnet18", 7)
    other = "resnet18-ba9876543210"
    path.rename(replay_file(tmp_path, other))
    with pytest.raises(ModelError, match=rf"holds features of {VERSION} \(resnet18\), and not of {other}"):
        read_replay_set(tmp_path, other, "resnet18", 5)


@pytest.mark.parametrize("damage", ["torn", "no description", "class out of range"])
def test_a_damaged_one_is_a_sentence(tmp_path: Path, damage: str) -> None:
    path = write_replay_set(tmp_path, VERSION, "resnet18", replay_set())
    if damage == "torn":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "no description":
        save_file(load_file(path), path)
    else:
        wrong = replay_set()
        write_replay_set(
            tmp_path,
            VERSION,
            "resnet18",
            ReplaySet(wrong.features, wrong.kinds, wrong.held_out, wrong.classes + 9, wrong.names, wrong.fits),
        )
    with pytest.raises(ModelError, match=r"is damaged .*; restore a whole copy"):
        read_replay_set(tmp_path, VERSION, "resnet18", 5)
