import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from contracts.embedding_set import ONE_PART, TWO_PARTS
from contracts.errors import ModelError
from model.checkpoint import load_checkpoint, save_checkpoint
from model.loading import load_engine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing

pytestmark = pytest.mark.usefixtures("tiny_backbone")

PREPROCESSING = Preprocessing(96, "crop", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, LookalikeNetwork]:
    network = LookalikeNetwork("resnet18", ["Tee", "Blouse"]).eval()
    save_checkpoint(tmp_path / "checkpoint", network, PREPROCESSING, {"recipe": "article", "top1": 0.5})
    return tmp_path / "checkpoint", network


def test_a_checkpoint_comes_back_as_it_was(saved: tuple[Path, LookalikeNetwork]) -> None:
    folder, network = saved
    checkpoint = load_checkpoint(folder)
    assert checkpoint.preprocessing == PREPROCESSING
    assert checkpoint.network.categories == ("Tee", "Blouse")
    assert checkpoint.training == {"recipe": "article", "top1": 0.5}
    assert not checkpoint.network.training
    for name, tensor in network.state_dict().items():
        loaded = checkpoint.network.state_dict()[name]
        assert loaded.dtype == tensor.dtype
        assert torch.equal(loaded, tensor.half().float() if tensor.ndim > 1 else tensor)


def test_weights_too_large_for_half_precision_stay_as_they_are(tmp_path: Path) -> None:
    network = LookalikeNetwork("resnet18")
    with torch.no_grad():
        network.projection.weight[0, 0] = 1e6
    save_checkpoint(tmp_path, network, PREPROCESSING, {})
    assert torch.equal(load_checkpoint(tmp_path).network.projection.weight, network.projection.weight)


def test_a_loaded_checkpoint_is_saved_as_the_same_one(saved: tuple[Path, LookalikeNetwork], tmp_path: Path) -> None:
    checkpoint = load_checkpoint(saved[0])
    assert save_checkpoint(tmp_path / "again", checkpoint.network, PREPROCESSING, {}) == checkpoint.version


def test_the_version_depends_on_weights_and_preprocessing(tmp_path: Path) -> None:
    network = LookalikeNetwork("resnet18")
    first = save_checkpoint(tmp_path / "a", network, PREPROCESSING, {})
    assert first == save_checkpoint(tmp_path / "b", network, PREPROCESSING, {"other": "training"})
    other = Preprocessing(96, "pad", PREPROCESSING.mean, PREPROCESSING.std)
    assert first != save_checkpoint(tmp_path / "c", network, other, {})
    with torch.no_grad():
        network.projection.bias[0] += 1e-3
    assert first != save_checkpoint(tmp_path / "d", network, PREPROCESSING, {})


def test_the_parts_of_an_embedding_are_kept_and_are_no_part_of_the_version(tmp_path: Path) -> None:
    network = LookalikeNetwork("resnet18")
    one = save_checkpoint(tmp_path / "one", network, PREPROCESSING, {})
    two = save_checkpoint(tmp_path / "two", network, PREPROCESSING, {}, parts=TWO_PARTS)
    assert one == two
    assert load_checkpoint(tmp_path / "one").parts == ONE_PART
    assert load_checkpoint(tmp_path / "two").parts == TWO_PARTS
    assert json.loads((tmp_path / "two" / "checkpoint.json").read_text())["parts"] == [30, 482]
    assert load_engine(str(tmp_path / "two"), device="cpu", precision="float32", threads=1).identity.parts == TWO_PARTS


@pytest.mark.parametrize(
    ("training", "parts"),
    [
        ({"recipe": "article", "top1": 0.5}, ONE_PART),
        ({"recipe": "lookalikes", "first_share": 0.9, "teacher_weight": 12.0}, TWO_PARTS),
    ],
)
def test_a_checkpoint_from_before_there_were_parts_opens(
    tmp_path: Path, training: Mapping[str, Any], parts: tuple[int, ...]
) -> None:
    version = save_checkpoint(tmp_path, LookalikeNetwork("resnet18"), PREPROCESSING, training)
    # The description as it was written then, member for member.
    description = {
        "format": 1,
        "version": version,
        "weights": f"{version}.weights.safetensors",
        "network": "resnet18",
        "categories": [],
        "preprocessing": {
            "input_size": 96,
            "fit": "crop",
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
        },
        "training": dict(training),
    }
    (tmp_path / "checkpoint.json").write_text(json.dumps(description, indent=1) + "\n")
    checkpoint = load_checkpoint(tmp_path)
    assert (checkpoint.version, checkpoint.parts) == (version, parts)


@pytest.mark.parametrize("wrong", [None, 30, [30], [0, 512], ["30", "482"], [30.0, 482.0]])
def test_parts_that_make_no_embedding_are_refused(saved: tuple[Path, LookalikeNetwork], wrong: object) -> None:
    description = saved[0] / "checkpoint.json"
    description.write_text(json.dumps({**json.loads(description.read_text()), "parts": wrong}))
    with pytest.raises(ModelError, match=r"damaged.*parts must"):
        load_checkpoint(saved[0])


def test_saving_again_leaves_one_set_of_weights(saved: tuple[Path, LookalikeNetwork]) -> None:
    folder, _ = saved
    version = save_checkpoint(folder, LookalikeNetwork("resnet18"), PREPROCESSING, {})
    assert [file.name for file in folder.glob("*.safetensors")] == [f"{version}.weights.safetensors"]
    assert load_checkpoint(folder).version == version


def test_a_missing_checkpoint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no checkpoint"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize(
    "damage", ["torn weights", "no weights", "changed weights", "torn description", "other network"]
)
def test_a_damaged_checkpoint_is_an_error(saved: tuple[Path, LookalikeNetwork], damage: str) -> None:
    folder, _ = saved
    weights = next(folder.glob("*.safetensors"))
    description = folder / "checkpoint.json"
    if damage == "torn weights":
        weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    elif damage == "no weights":
        weights.unlink()
    elif damage == "changed weights":
        data = bytearray(weights.read_bytes())
        data[-5] ^= 0x40
        weights.write_bytes(data)
    elif damage == "torn description":
        description.write_text(description.read_text()[:50])
    else:
        fields = json.loads(description.read_text())
        description.write_text(json.dumps({**fields, "network": "resnet50"}))
    with pytest.raises(ModelError):
        load_checkpoint(folder)
