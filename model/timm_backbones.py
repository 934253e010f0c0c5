"""Backbones of timm: any of its networks for colour pictures whose output is pooled to one vector."""

import difflib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from torch import Tensor, nn

from contracts.errors import ModelError
from contracts.networks import TIMM_PREFIX
from model.backbone_spec import BackboneSpec
from model.foreign_weights import check_fits, read_foreign_weights, wrong_architecture
from model.pooled_output import FAILURES, pooled_width
from model.preprocessing import Fit
from model.weights_hub import safetensors_from_hub

# timm reads names with a colon or a slash as places of files and of code.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_.-]*)?", re.ASCII)
_FITS: Final[dict[str, Fit]] = {"center": "crop", "squash": "squash", "border": "pad"}
_SUGGESTED = 3


class _PooledTimm(nn.Module):
    """A network of timm up to its pooled output, as a map of one place."""

    def __init__(self, name: str) -> None:
        import timm

        super().__init__()
        self.network: Any = timm.create_model(name, pretrained=False, num_classes=0)

    def forward(self, pictures: Tensor) -> Any:
        pooled = self.network(pictures)
        return pooled[:, :, None, None] if isinstance(pooled, Tensor) and pooled.ndim == 2 else pooled


@lru_cache(maxsize=64)
def timm_spec(name: str) -> BackboneSpec:
    """Describe a network of timm, from its own configuration.

    Args:
        name: `timm:` and a name of timm's, with or without the tag of its weights.

    Returns:
        The description; its name has the tag, so that it means the same when timm prefers other weights.

    Raises:
        ModelError: timm has no such network, it takes other than square colour pictures, or has no pooled output.
    """
    config = _config(name.removeprefix(TIMM_PREFIX))
    full = f"{config.architecture}.{config.tag}" if config.tag else config.architecture
    channels, height, width = config.input_size
    if channels != 3 or height != width:
        raise ModelError(
            f"{name} takes pictures of {width} x {height} pixels with {channels} channels, and only square ones in "
            "colour are made here; choose another network"
        )
    features = pooled_width(name, lambda: _PooledTimm(full), height)
    mean, std = ((float(r), float(g), float(b)) for r, g, b in (config.mean, config.std))
    return BackboneSpec(f"{TIMM_PREFIX}{full}", features, mean, std, height, _FITS.get(config.crop_mode, "crop"))


def build_timm(spec: BackboneSpec) -> nn.Module:
    """A network of timm with random weights: (B, 3, S, S) -> (B, features, 1, 1)."""
    return _PooledTimm(spec.name.removeprefix(TIMM_PREFIX))


def timm_state(spec: BackboneSpec, weights: Path | None) -> dict[str, Tensor]:
    """The weights of a network of timm, with the keys of `build_timm(spec).state_dict()`.

    Args:
        weights: a safetensors file, with or without a classifier, in a layout that timm reads for this network; None:
            what the network was published with.

    Raises:
        ModelError: the weights are not available, or are another architecture's.
    """
    import timm

    name = spec.name.removeprefix(TIMM_PREFIX)
    config = _config(name)
    path = _published(spec.name, config) if weights is None else weights
    state = read_foreign_weights(path)
    classifiers = config.classifier or ()
    for classifier in (classifiers,) if isinstance(classifiers, str) else classifiers:
        for part in ("weight", "bias"):
            state.pop(f"{classifier}.{part}", None)
    # timm translates older layouts and other projects' names. With as many classes as the network has, none, it refuses
    # what does not fit instead of leaving it out.
    overlay = {"state_dict": state, "num_classes": 0, "label_offset": 0, "custom_load": False}
    try:
        loaded: nn.Module = timm.create_model(name, pretrained=True, num_classes=0, pretrained_cfg_overlay=overlay)
    except FAILURES as error:
        module = _PooledTimm(name).network
        check_fits(spec.name, module, state, path)
        raise wrong_architecture(spec.name, path, " ".join(str(error).split())) from error
    return {f"network.{key}": value for key, value in loaded.state_dict().items()}


def check_timm_name(name: str) -> None:
    """Refuse a name that timm would read as something else than one of its networks.

    Raises:
        ModelError: it is no plain name.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(
            f"{name!r:.200} is no name of a network of timm; pass {TIMM_PREFIX}NAME, and the path of a weights file "
            "with --weights"
        )


def _config(name: str) -> Any:
    import timm

    check_timm_name(name)
    architecture, _, tag = name.partition(".")
    if not timm.is_model(architecture):
        near = difflib.get_close_matches(architecture, timm.list_models(), _SUGGESTED)
        meant = f"; did you mean {', '.join(near)}?" if near else "; `timm.list_models()` in Python lists them"
        raise ModelError(f"timm {timm.__version__} has no network {architecture!r:.200}{meant}")
    known = timm.models.get_arch_pretrained_cfgs(architecture)
    if tag and name not in known:
        tags = ", ".join(sorted(other.partition(".")[2] for other in known if "." in other))
        raise ModelError(
            f"timm {timm.__version__} has no weights {tag!r:.100} of {architecture}; "
            + (f"it has {tags:.500}" if tags else "leave the tag out")
        )
    return timm.models.get_pretrained_cfg(name) or timm.models.PretrainedCfg(architecture=architecture)


def _published(name: str, config: Any) -> Path:
    if config.hf_hub_id is None:
        raise ModelError(
            f"timm knows no weights of {name} on the Hugging Face Hub; pass a file with --weights FILE.safetensors"
        )
    file = config.hf_hub_filename or "model.safetensors"
    return safetensors_from_hub(config.hf_hub_id, [_as_safetensors(file)], name)


def _as_safetensors(name: str) -> str:
    # What the hub calls the safe copy of a pickle.
    names = {"pytorch_model.bin": "model.safetensors", "open_clip_pytorch_model.bin": "open_clip_model.safetensors"}
    return names.get(name, f"{name.rpartition('.')[0] or name}.safetensors")
