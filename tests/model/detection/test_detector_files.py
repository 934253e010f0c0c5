import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from contracts.errors import ModelError
from contracts.garments import FittedPhoto, Garment
from model.checkpoint import load_checkpoint, save_checkpoint
from model.description import read_description
from model.detection.carrying import detector_of
from model.detection.export import write_detector
from model.detection.files import put_detector
from model.detection.loading import load_detector
from model.detection.network import GarmentNetwork
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing

CLASSES = ("bag", "hat", "top")
PREPROCESSING = Preprocessing(96, "crop", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A description of a network, and a detector with random weights."""
    folder = tmp_path_factory.mktemp("detector") / "checkpoint"
    folder.mkdir()
    fields = {
        "format": 1,
        "version": "resnet18-000000000000",
        "weights": "resnet18-000000000000.weights.safetensors",
        "network": "resnet18",
        "categories": [],
        "preprocessing": {"input_size": 96, "fit": "pad", "mean": [0, 0, 0], "std": [1, 1, 1]},
        "training": {},
    }
    (folder / "checkpoint.json").write_text(json.dumps(fields))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = GarmentNetwork("efficientnet_lite0", CLASSES)
        # So that some scores are high.
        torch.nn.init.normal_(network.scores.weight, std=2.0)
        torch.nn.init.constant_(network.scores.bias, -0.5)  # type: ignore[arg-type]
    write_detector(folder, network, 96, {"seed": 0})
    return folder


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "copy")


def found_by(folder: Path, **options: Any) -> tuple[list[tuple[Garment, ...]], str]:
    detector = load_detector(str(folder), threads=1, device="cpu", **options)
    assert detector is not None
    assert detector.classes == CLASSES
    photos = np.random.default_rng(0).integers(0, 256, (2, 150, 100, 3), np.uint8)
    return detector.detect([detector.fit(pixels) for pixels in photos]), detector.description


def test_all_engines_find_the_same(written: Path) -> None:
    expected, said = found_by(written, engine="torch")
    assert "torch on cpu" in said
    assert all(expected)
    for engine in ("openvino", "onnxruntime"):
        found, said = found_by(written, engine=engine, precision="float32")
        assert said.startswith(f"garments by {engine}, float32")
        for ours, theirs in zip(found, expected, strict=True):
            assert [garment.type for garment in ours] == [garment.type for garment in theirs]
            for one, other in zip(ours, theirs, strict=True):
                assert one.score == pytest.approx(other.score, abs=1e-3)
                assert (one.box.x1, one.box.y2) == pytest.approx((other.box.x1, other.box.y2), abs=1e-3)


def test_a_photo_is_run_without_most_of_its_padding(written: Path) -> None:
    detector = load_detector(str(written), threads=1, engine="onnxruntime")
    assert detector is not None
    detector.warm_up()
    blank = np.zeros((3, 96, 96), np.uint8)
    scores, reaches, sides = detector.outputs([FittedPhoto(blank, 40, 96)])
    assert sides == (96, 64)
    assert scores.shape == (1, 12 * 8 + 6 * 4 + 3 * 2, 3)
    assert reaches.shape == (1, 12 * 8 + 6 * 4 + 3 * 2, 4)
    assert (reaches > 0).all()


def test_a_checkpoint_without_a_detector_has_none(copy: Path) -> None:
    fields = json.loads((copy / "checkpoint.json").read_text())
    del fields["detector"]
    (copy / "checkpoint.json").write_text(json.dumps(fields))
    assert load_detector(str(copy), threads=1) is None
    assert detector_of(str(copy)) is None
    assert load_detector("imagenet:resnet18", threads=1) is None


def test_the_same_weights_have_the_same_version_and_others_another(written: Path, copy: Path) -> None:
    detector = read_description(written).detector
    assert detector is not None
    network = GarmentNetwork("efficientnet_lite0", CLASSES)
    assert write_detector(copy, network, 96, {}) != detector.version
    # The former one's files are gone.
    assert len(list(copy.iterdir())) == 3
    assert read_description(copy).version == read_description(written).version


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("ending", ["detector.safetensors", "detector.onnx"])
@pytest.mark.parametrize(
    ("damage", "words"),
    [(_cut, "bytes"), (_change, "SHA-256"), (Path.unlink, "is missing")],
    ids=["cut", "changed", "missing"],
)
def test_damaged_files_are_named(copy: Path, ending: str, damage: Callable[[Path], None], words: str) -> None:
    (file,) = copy.glob(f"*.{ending}")
    damage(file)
    with pytest.raises(ModelError, match=words) as caught:
        load_detector(str(copy), threads=1, engine="onnxruntime")
    assert str(file) in str(caught.value)
    assert "restore a whole copy" in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"classes": ["bag", "bag"]},
        {"classes": []},
        {"input_size": 100},
        {"input_size": 100_000},
        {"version": "../../etc/passwd"},
        {"weights": None},
        {"network": None, "version": None},
    ],
    ids=str,
)
def test_a_damaged_description_is_named(copy: Path, change: dict[str, Any]) -> None:
    fields = json.loads((copy / "checkpoint.json").read_text())
    fields["detector"] |= change
    (copy / "checkpoint.json").write_text(json.dumps(fields))
    with pytest.raises(ModelError, match="is damaged"):
        load_detector(str(copy), threads=1)


def test_weights_of_another_architecture_are_refused(copy: Path) -> None:
    fields = json.loads((copy / "checkpoint.json").read_text())
    fields["detector"]["classes"] = ["bag"]
    (copy / "checkpoint.json").write_text(json.dumps(fields))
    with pytest.raises(ModelError, match="another architecture than a detector on efficientnet_lite0 with 1 classes"):
        load_detector(str(copy), threads=1, engine="torch", device="cpu")
    with pytest.raises(ModelError, match="3 classes, and its description names 1"):
        load_detector(str(copy), threads=1, engine="onnxruntime")


def test_an_unknown_trunk_is_refused(copy: Path) -> None:
    fields = json.loads((copy / "checkpoint.json").read_text())
    fields["detector"]["network"] = "resnet18"
    (copy / "checkpoint.json").write_text(json.dumps(fields))
    with pytest.raises(ModelError, match="'resnet18' is no trunk of a detector"):
        load_detector(str(copy), threads=1, engine="torch", device="cpu")


def test_a_new_checkpoint_takes_a_detector_along_and_loses_it_without(written: Path, tmp_path: Path) -> None:
    network, detector = LookalikeNetwork("resnet18"), detector_of(str(written))
    assert detector is not None
    version = save_checkpoint(tmp_path, network, PREPROCESSING, {}, detector=detector)
    assert load_checkpoint(tmp_path).version == version
    assert read_description(tmp_path).detector == detector.description
    assert found_by(tmp_path, engine="onnxruntime")[0] == found_by(written, engine="onnxruntime")[0]
    assert save_checkpoint(tmp_path, network, PREPROCESSING, {}) == version
    assert read_description(tmp_path).detector is None
    assert not list(tmp_path.glob("*.detector.*"))


def test_a_detector_is_put_into_checkpoints_only(written: Path, tmp_path: Path) -> None:
    detector = detector_of(str(written))
    assert detector is not None
    with pytest.raises(ModelError, match="pass the folder of a whole checkpoint"):
        put_detector(tmp_path, detector)
    assert not list(tmp_path.iterdir())
