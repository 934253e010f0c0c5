"""Networks of timm as backbones: their configuration, their weights, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save, save_file
from torch import nn

from contracts.errors import ModelError
from model.backbones import backbone_spec, build_backbone, check_input_size, published_state
from model.network import published_network
from tests.model.fake_hub import fake_hub


def random_timm(name: str) -> nn.Module:
    """A network of timm with weights of its own."""
    torch.manual_seed(7)
    made: nn.Module = timm.create_model(name, pretrained=False)
    return made.eval()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of `test_resnet`, with its classifier."""
    path = tmp_path_factory.mktemp("weights") / "test_resnet.safetensors"
    save_file(random_timm("test_resnet").state_dict(), path)
    return path


def test_size_normalisation_and_fit_come_from_its_own_configuration() -> None:
    spec = backbone_spec("timm:test_vit")
    assert spec.name == "timm:test_vit.r160_in1k"
    assert (spec.features, spec.input_size, spec.fit) == (64, 160, "crop")
    assert spec.mean == spec.std == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("name", "features"), [("test_resnet", 96), ("test_vit", 64), ("mobilenetv3_small_050", 1024), ("resnet10t", 512)]
)
def test_the_pooled_output_before_the_classifier_is_what_a_backbone_returns(name: str, features: int) -> None:
    reference: Any = random_timm(name)
    spec = backbone_spec(f"timm:{name}")
    backbone = build_backbone(spec.name).eval()
    state = {f"network.{key}": value for key, value in reference.state_dict().items()}
    backbone.load_state_dict({key: state[key] for key in backbone.state_dict()})
    pictures = torch.randn(2, 3, spec.input_size, spec.input_size, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found = backbone(pictures)
        expected = reference.forward_head(reference.forward_features(pictures), pre_logits=True)
    assert found.shape == (2, features, 1, 1)
    assert spec.features == features
    assert torch.allclose(found.flatten(1), expected, atol=1e-5)


def test_weights_from_a_file_with_or_without_a_classifier(weights: Path, tmp_path: Path) -> None:
    spec = backbone_spec("timm:test_resnet")
    whole = published_state(spec, weights)
    headless = tmp_path / "headless.safetensors"
    state = random_timm("test_resnet").state_dict()
    save_file({name: value for name, value in state.items() if not name.startswith("fc.")}, headless)
    found = published_state(spec, headless)
    assert whole.keys() == found.keys() == build_backbone(spec.name).state_dict().keys()
    assert all(torch.equal(whole[name], found[name]) for name in whole)


def test_weights_from_the_hub(weights: Path, tmp_path: Path) -> None:
    with fake_hub({"timm/test_resnet.r160_in1k/model.safetensors": weights.read_bytes()}, tmp_path) as downloaded:
        network = published_network(backbone_spec("timm:test_resnet"))
    assert len(downloaded) == 1
    expected = published_state(backbone_spec("timm:test_resnet"), weights)
    assert all(torch.equal(value, expected[name]) for name, value in network.backbone.state_dict().items())


def test_the_hub_is_asked_for_the_safe_copy_of_a_pickle(tmp_path: Path) -> None:
    from model.timm_backbones import _as_safetensors

    assert _as_safetensors("open_clip_pytorch_model.bin") == "open_clip_model.safetensors"
    assert _as_safetensors("weights.pth") == "weights.safetensors"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("timm:rsnet50", "has no network 'rsnet50'; did you mean resnet50"),
        ("timm:resnet50.nix", "no weights 'nix' of resnet50; it has a1_in1k"),
        ("timm:", "'' is no name"),
        (
            "timm:../weights",
            "no name of a network of timm; pass timm:NAME, and the path of a weights file with --weights",
        ),
        ("timm:/tmp/resnet50.safetensors", "is no name"),
        ("timm:hf-hub:shop/net", "is no name"),
        ("timm:local-dir:/tmp", "is no name"),
        ("timm:gemma4_vit_167m_enc", "has no pooled output: for a picture it returns a tensor of 256 x 768"),
        ("timm:vit_large_patch16_sapiens2", "768 x 1024 pixels with 3 channels, and only square ones"),
        ("resnet5", "there is no network 'resnet5'; choose one of resnet50"),
    ],
)
def test_names_that_are_refused(name: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        backbone_spec(name)


def test_a_size_that_does_not_fit_a_vision_transformer() -> None:
    with pytest.raises(ModelError, match=r"100 x 100 pixels \(Input height.*pass --input-size 160"):
        check_input_size("timm:test_vit", 100)
    check_input_size("timm:test_vit", 160)
    check_input_size("timm:test_resnet", 100)


def test_weights_that_are_refused(weights: Path, tmp_path: Path) -> None:
    spec = backbone_spec("timm:test_resnet")
    state = random_timm("test_resnet").state_dict()
    incomplete, broken, infinite = (tmp_path / f"{name}.safetensors" for name in ("incomplete", "broken", "infinite"))
    save_file({name: value for name, value in state.items() if name != "bn1.weight"}, incomplete)
    broken.write_bytes(weights.read_bytes()[:-100])
    infinite.write_bytes(save({**state, "bn1.weight": torch.full_like(state["bn1.weight"], torch.inf)}))
    pickle = tmp_path / "model.bin"
    torch.save(state, pickle)
    disguised = tmp_path / "disguised.safetensors"
    disguised.write_bytes(pickle.read_bytes())
    for path, sentence in (
        (incomplete, r"another architecture than timm:test_resnet.r160_in1k \(without bn1\.weight\)"),
        (broken, "no whole safetensors file"),
        (infinite, "not a finite number"),
        (pickle, "no safetensors file by its name.*could run code"),
        (disguised, "no whole safetensors file"),
        (tmp_path / "missing.safetensors", "cannot be read"),
    ):
        with pytest.raises(ModelError, match=sentence):
            published_state(spec, path)
    with pytest.raises(ModelError, match=r"another architecture than timm:test_vit.*without"):
        published_state(backbone_spec("timm:test_vit"), weights)
    with pytest.raises(ModelError, match="--weights goes with a network of timm or OpenCLIP, and this is resnet18"):
        published_state(backbone_spec("resnet18"), weights)
