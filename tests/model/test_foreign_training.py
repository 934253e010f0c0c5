"""Training a network of timm by both recipes."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from contracts.embedding_set import ModelIdentity
from contracts.errors import ModelError
from lookalike import main
from model.backbones import backbone_spec, published_state
from model.checkpoint import load_checkpoint
from model.description import read_description
from model.engines.torch_engine import TorchEngine
from model.loading import load_engine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.initialisation import default_start, initial_network
from tests.model.lookalike_trainings import CONFIG, train, two_target_catalogue
from tests.model.training_catalogue import colour_catalogue

NAME = "timm:test_resnet.r160_in1k"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    torch.manual_seed(5)
    save_file(timm.create_model("test_resnet").state_dict(), path)
    return path


@pytest.mark.training
@pytest.mark.usefixtures("one_thread")
def test_the_default_recipe(weights: Path, tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, network=NAME, start="imagenet", weights=str(weights), epochs=1)
    report = train(two_target_catalogue(tmp_path / "catalogue"), tmp_path / "out", config)
    assert report.version.startswith("timm-test_resnet.r160_in1k-")
    trained = load_checkpoint(tmp_path / "out")
    assert trained.version == report.version
    assert trained.preprocessing.mean == backbone_spec(NAME).mean
    started = published_state(backbone_spec(NAME), weights)["network.layer1.0.conv1.weight"]
    moved = trained.network.backbone.state_dict()["network.layer1.0.conv1.weight"]
    assert 0 < float((moved - started).abs().max()) < 0.1
    found = load_engine(str(tmp_path / "out"), engine="openvino", device="cpu", threads=1)
    exact = load_engine(str(tmp_path / "out"), engine="torch", device="cpu", threads=1)
    pictures = np.random.default_rng(1).integers(0, 256, (3, 3, 32, 32), dtype=np.uint8)
    assert found.identity == exact.identity
    assert np.allclose(found.embed(pictures).embeddings, exact.embed(pictures).embeddings, atol=1e-3)


@pytest.mark.training
def test_the_articles_recipe(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    colour_catalogue(tmp_path / "catalogue")
    items = tmp_path / "catalogue" / "items.csv"
    names = sorted(path.name for path in items.parent.glob("*.png"))
    items.write_text("id,image,category\n" + "".join(f"{name},{name},{name.partition('-')[0]}\n" for name in names))
    options = ["--recipe", "article", "--network", "timm:test_resnet", "--weights", str(weights), "--views", "1"]
    assert (
        main(["train", str(items), "--out", str(tmp_path / "out"), *options, "--epochs", "1", "--device", "cpu"]) == 0
    )
    description = read_description(tmp_path / "out")
    assert description.network == NAME
    assert description.preprocessing.input_size == 160
    assert description.graph is not None
    assert description.version in capsys.readouterr().out


def test_size_and_start_follow_the_network(weights: Path) -> None:
    assert default_start("timm:test_vit", None) == {
        "network": "timm:test_vit.r160_in1k",
        "start": "imagenet",
        "input_size": 160,
    }
    config = LookalikeConfig(NAME, "imagenet", ("a",), input_size=32, weights=str(weights))
    state = initial_network(config, ("x", "y")).network.backbone.state_dict()
    expected = published_state(backbone_spec(NAME), weights)
    assert all(torch.equal(state[name], expected[name]) for name in expected)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"network": "timm:test_vit", "input_size": 100}, "100 x 100 pixels.*pass --input-size 160"),
        ({"network": "timm:test_vit", "input_size": 160, "small_epochs": 1}, r"107 x 107 pixels.*no --small-epochs"),
        ({"network": NAME, "weights": "x.safetensors", "start": "random"}, "--weights must be left out where --start"),
        ({"network": "timm:test_resnt"}, "did you mean"),
    ],
)
def test_settings_that_are_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        dataclasses.replace(CONFIG, **{"start": "imagenet", **change})  # type: ignore[arg-type]


def test_no_batch_norm_of_a_foreign_architecture_is_folded() -> None:
    # What declares its layers in another order than ours would become another network.
    identity = ModelIdentity("version", NAME, NAME, 32)
    preprocessing = Preprocessing(32, "pad", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    network = LookalikeNetwork(NAME)
    engine = TorchEngine(network, preprocessing, identity, device="cpu", threads=1)
    layers, kept = (
        sum(isinstance(module, torch.nn.BatchNorm2d) for module in each.modules())
        for each in (network, engine._network)
    )
    assert layers == kept > 0
