"""The image side of networks of OpenCLIP: from a repository on the hub, and what is refused."""

import json
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor

from contracts.errors import ModelError
from model.backbones import backbone_spec, build_backbone, published_state
from model.checkpoint import load_checkpoint, save_checkpoint
from model.published_networks import load_foreign
from tests.model.fake_hub import fake_hub, hub_at

NAME = "open_clip:hf-hub:shop/fashion"
MODEL: dict[str, Any] = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16},
    "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 8, "heads": 1, "layers": 1},
}
PICTURES: dict[str, Any] = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.2, 0.2], "resize_mode": "squash"}


def _repository(
    model: Any = MODEL, pictures: Any = PICTURES, state: dict[str, Tensor] | None = None
) -> dict[str, bytes]:
    config = json.dumps({"model_cfg": model, "preprocess_cfg": pictures}).encode()
    weights = save(_whole().state_dict() if state is None else state)
    return {"shop/fashion/open_clip_config.json": config, "shop/fashion/open_clip_model.safetensors": weights}


def _whole() -> open_clip.CLIP:
    """The whole network, with its text side."""
    torch.manual_seed(3)
    return open_clip.CLIP(MODEL["embed_dim"], MODEL["vision_cfg"], MODEL["text_cfg"]).eval()


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """What an earlier test's hub said is forgotten."""
    from model import clip_backbones

    clip_backbones._architecture.cache_clear()


def test_a_network_from_the_hub_embeds_as_openclip_does(tmp_path: Path) -> None:
    with fake_hub(_repository(), tmp_path):
        loaded = load_foreign(NAME)
    preprocessing = loaded.preprocessing
    assert (preprocessing.input_size, preprocessing.fit, preprocessing.mean) == (32, "squash", (0.5, 0.4, 0.3))
    assert loaded.version.startswith("open_clip-hf-hub-shop-fashion-")
    pictures = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found = loaded.network.backbone(pictures).flatten(1)
        expected = _whole().encode_image(pictures)
    # A checkpoint's weights are rounded to half precision.
    assert torch.allclose(found, expected, atol=0.01 * expected.abs().max().item())


def test_a_checkpoint_of_it_needs_no_hub(tmp_path: Path) -> None:
    with fake_hub(_repository(), tmp_path / "cache"):
        loaded = load_foreign(NAME)
        version = save_checkpoint(tmp_path / "checkpoint", loaded.network, loaded.preprocessing, {})
    from model import clip_backbones

    clip_backbones._architecture.cache_clear()
    with hub_at("http://127.0.0.1:9", tmp_path / "empty"):
        again = load_checkpoint(tmp_path / "checkpoint")
    assert again.version == version == loaded.version
    assert again.preprocessing == loaded.preprocessing


def test_weights_of_the_image_side_alone_from_a_file(tmp_path: Path) -> None:
    state = {f"visual.{name}": value for name, value in _whole().visual.state_dict().items()}
    forms = {"part": {f"model.{name}": value for name, value in state.items()}, "whole": _whole().state_dict()}
    with fake_hub(_repository(), tmp_path):
        spec = backbone_spec(NAME)
    for form, tensors in forms.items():
        path = tmp_path / f"{form}.safetensors"
        save_file(tensors, path)
        found = published_state(spec, path)
        assert all(torch.equal(found[name], state[name]) for name in build_backbone(NAME).state_dict())


def test_architecture_size_and_normalisation_of_a_packaged_network() -> None:
    spec = backbone_spec("open_clip:ViT-B-16-SigLIP/webli")
    assert (spec.features, spec.input_size, spec.fit, spec.mean) == (768, 224, "squash", (0.5, 0.5, 0.5))
    # What the weights say of themselves, not the name.
    quick = backbone_spec("open_clip:ViT-B-32/openai").architecture
    assert quick is not None
    assert quick["quick_gelu"] is True


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("open_clip:ViT-B-23/openai", "has no network 'ViT-B-23'; did you mean ViT-B-32"),
        ("open_clip:ViT-B-32/nix", "no weights 'nix' of ViT-B-32; pass open_clip:ViT-B-32/ and one of openai"),
        ("open_clip:ViT-B-32", "no weights '' of ViT-B-32"),
        ("open_clip:../weights", "has no network '..'"),
        ("open_clip:hf-hub:../x", "no name of a repository"),
    ],
)
def test_names_that_are_refused(name: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        backbone_spec(name)


@pytest.mark.parametrize(
    ("model", "pictures", "sentence"),
    [
        ({"embed_dim": 24}, PICTURES, "configuration of .* is damaged"),
        (MODEL, {**PICTURES, "resize_mode": "fold"}, "configuration of .* is damaged"),
        (MODEL, {**PICTURES, "mean": [0.5]}, "configuration of .* is damaged"),
        ({**MODEL, "vision_cfg": {**MODEL["vision_cfg"], "image_size": [32, 64]}}, PICTURES, "32 x 64|64 x 32"),
        ({**MODEL, "vision_cfg": {"unknown": 1}}, PICTURES, "cannot take pictures of 224"),
        ({**MODEL, "vision_cfg": {"timm_model_name": "hf-hub:evil/net"}}, PICTURES, "no name of a network of timm"),
    ],
)
def test_a_repository_with_a_bad_configuration(model: Any, pictures: Any, sentence: str, tmp_path: Path) -> None:
    with fake_hub(_repository(model, pictures, {}), tmp_path), pytest.raises(ModelError, match=sentence):
        backbone_spec(NAME)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    state = {name: value for name, value in _whole().state_dict().items() if name != "visual.proj"}
    with fake_hub(_repository(state=state), tmp_path), pytest.raises(ModelError, match=r"without proj\)"):
        load_foreign(NAME)
    pickled = {name: content for name, content in _repository().items() if name.endswith("json")}
    pickled["shop/fashion/open_clip_pytorch_model.bin"] = b"a pickle"
    with fake_hub(pickled, tmp_path / "other"), pytest.raises(ModelError, match=r"no weights of .* in safetensors"):
        load_foreign(NAME)


def test_without_openclip_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.clip_backbones.importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ModelError, match=r"pip install 'lookalike\[clip\]'"):
        backbone_spec("open_clip:ViT-B-32/openai")
