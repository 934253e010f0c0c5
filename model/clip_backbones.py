"""Backbones of OpenCLIP: the image side of a network that was trained with pictures and texts."""

import difflib
import importlib.util
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from contracts.errors import ModelError
from contracts.networks import CLIP_PREFIX
from model.backbone_spec import BackboneSpec
from model.foreign_weights import check_fits, read_foreign_weights
from model.pooled_output import pooled_width
from model.preprocessing import Fit
from model.timm_backbones import check_timm_name
from model.weights_hub import file_from_hub, safetensors_from_hub

_HUB: Final = "hf-hub:"
_CONFIG: Final = "open_clip_config.json"
# Of OpenCLIP itself, and of the library whose users find the same network there.
_WEIGHTS: Final = ("open_clip_model.safetensors", "model.safetensors")
# What the image side's tensors are called in a file of the whole network.
_PARTS: Final = ("visual.", "model.visual.")
_FITS: Final[dict[str, Fit]] = {"shortest": "crop", "squash": "squash", "longest": "pad"}
_SUGGESTED = 3


class _ImageTower(nn.Module):
    """The image side of a network of OpenCLIP, as a map of one place."""

    def __init__(self, architecture: Mapping[str, Any]) -> None:
        from open_clip.model import _build_vision_tower

        super().__init__()
        vision = dict(architecture["vision_cfg"])
        if vision.get("timm_model_name"):
            check_timm_name(str(vision["timm_model_name"]))
            vision["timm_model_pretrained"] = False
        self.visual: Any = _build_vision_tower(architecture["embed_dim"], vision, architecture["quick_gelu"])

    def forward(self, pictures: Tensor) -> Any:
        output = self.visual(pictures)
        # Some return what they pooled as well.
        pooled = output[0] if isinstance(output, tuple) else output
        return pooled[:, :, None, None] if isinstance(pooled, Tensor) and pooled.ndim == 2 else pooled


def clip_spec(name: str, architecture: Mapping[str, Any] | None = None) -> BackboneSpec:
    """Describe the image side of a network of OpenCLIP, from its own configuration.

    Args:
        name: `open_clip:MODEL/PRETRAINED`, or `open_clip:hf-hub:ORGANISATION/NAME`.
        architecture: from a checkpoint; None asks OpenCLIP or the hub.

    Raises:
        ModelError: there is no such network, its configuration is not available or is damaged, or OpenCLIP is missing.
    """
    if importlib.util.find_spec("open_clip") is None:
        raise ModelError(f"{name} needs OpenCLIP, which is not installed; run: pip install 'lookalike[clip]'")
    return _spec(name, json.dumps(_architecture(name) if architecture is None else dict(architecture), sort_keys=True))


def build_clip(spec: BackboneSpec) -> nn.Module:
    """The image side of a network of OpenCLIP with random weights: (B, 3, S, S) -> (B, features, 1, 1)."""
    return _ImageTower(spec.architecture or {})


def clip_state(spec: BackboneSpec, weights: Path | None) -> dict[str, Tensor]:
    """The weights of a network's image side, with the keys of `build_clip(spec).state_dict()`.

    Args:
        weights: a safetensors file of the whole network or of its image side; None: what it was published with.

    Raises:
        ModelError: the weights are not available, or are another architecture's.
    """
    path = _published(spec.name) if weights is None else weights
    whole = read_foreign_weights(path)
    part = next((part for part in _PARTS if any(key.startswith(part) for key in whole)), "")
    state = {key.removeprefix(part): value for key, value in whole.items() if key.startswith(part)}
    with torch.device("meta"):
        tower = build_clip(spec)
    check_fits(spec.name, tower.visual, state, path)  # type: ignore[arg-type]
    return {f"visual.{key}": value for key, value in state.items()}


@lru_cache(maxsize=64)
def _spec(name: str, text: str) -> BackboneSpec:
    architecture = json.loads(text)
    try:
        pictures = architecture["preprocess"]
        size = architecture["vision_cfg"].get("image_size", 224)
        width, height = size if isinstance(size, list) else (size, size)
        mean, std = ((float(r), float(g), float(b)) for r, g, b in (pictures["mean"], pictures["std"]))
        fit = _FITS[pictures["resize_mode"]]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"the configuration of {name} is damaged ({error!r:.200}); choose another network") from error
    if width != height:
        raise ModelError(f"{name} takes pictures of {width} x {height} pixels, and only square ones are made here")
    features = pooled_width(name, lambda: _ImageTower(architecture), width)
    return BackboneSpec(name, features, mean, std, width, fit, architecture)


@lru_cache(maxsize=64)
def _architecture(name: str) -> dict[str, Any]:
    """What builds the image side and fits its pictures: from OpenCLIP, or from a repository on the hub."""
    import open_clip

    called = name.removeprefix(CLIP_PREFIX)
    if called.startswith(_HUB):
        repository = called.removeprefix(_HUB)
        file = file_from_hub(repository, _CONFIG, name)
        if file is None:
            raise ModelError(f"the repository {repository} has no {_CONFIG}, so it holds no network of OpenCLIP")
        try:
            said = json.loads(file.read_text())
            network, pictures = said["model_cfg"], said["preprocess_cfg"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ModelError(
                f"{_CONFIG} of {repository} is damaged ({error!r:.200}); choose another network"
            ) from error
        return _parts(name, network, pictures)
    model, tag = _model_and_tag(called)
    pictures = open_clip.get_pretrained_cfg(model, tag)
    return _parts(name, open_clip.get_model_config(model), pictures)


def _parts(name: str, network: Any, pictures: Any) -> dict[str, Any]:
    from open_clip.transform import PreprocessCfg

    usual = PreprocessCfg()
    try:
        return {
            "embed_dim": int(network["embed_dim"]),
            "vision_cfg": dict(network["vision_cfg"]),
            # Where the two disagree, the weights were trained as they say themselves.
            "quick_gelu": bool(pictures.get("quick_gelu") or network.get("quick_gelu")),
            "preprocess": {
                "mean": list(pictures.get("mean") or usual.mean),
                "std": list(pictures.get("std") or usual.std),
                "resize_mode": pictures.get("resize_mode") or usual.resize_mode,
            },
        }
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"the configuration of {name} is damaged ({error!r:.200}); choose another network") from error


def _model_and_tag(called: str) -> tuple[str, str]:
    import open_clip

    model, _, tag = called.partition("/")
    models = open_clip.list_models()
    if model not in models:
        near = difflib.get_close_matches(model, models, _SUGGESTED)
        meant = f"; did you mean {', '.join(near)}?" if near else "; `open_clip.list_models()` in Python lists them"
        raise ModelError(f"OpenCLIP {open_clip.__version__} has no network {model!r:.200}{meant}")
    tags = open_clip.list_pretrained_tags_by_model(model)
    if tag not in tags:
        raise ModelError(
            f"OpenCLIP {open_clip.__version__} has no weights {tag!r:.100} of {model}; "
            f"pass {CLIP_PREFIX}{model}/ and one of {', '.join(tags)}"
        )
    return model, tag


def _published(name: str) -> Path:
    import open_clip

    called = name.removeprefix(CLIP_PREFIX)
    if called.startswith(_HUB):
        return safetensors_from_hub(called.removeprefix(_HUB), _WEIGHTS, name)
    model, tag = _model_and_tag(called)
    repository, _, file = str(open_clip.get_pretrained_cfg(model, tag).get("hf_hub", "")).rpartition("/")
    if not repository:
        raise ModelError(
            f"OpenCLIP knows no weights of {name} on the Hugging Face Hub; pass a file with --weights FILE.safetensors"
        )
    names = (f"{file.rpartition('.')[0]}.safetensors",) if file else _WEIGHTS
    return safetensors_from_hub(repository, names, name)
