"""Which engine runs a network on this machine, and why."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contracts.engine_names import EngineName
from contracts.errors import ModelError

# Where the drivers of GPUs that torch can use make their devices; asking torch itself takes seconds.
_GPU_DEVICES = (Path("/dev/nvidiactl"), Path("/dev/kfd"), Path("/dev/dxg"))
_EXTRAS = {"torch": "gpu", "openvino": "worker", "onnxruntime": "onnxruntime"}
_NAMES = {"torch": "PyTorch", "openvino": "OpenVINO", "onnxruntime": "ONNX Runtime"}


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """An engine.

    Attributes:
        because: why it and no other, as part of a sentence.
    """

    engine: Literal["torch", "openvino", "onnxruntime"]
    because: str


def choose_engine(wanted: EngineName, *, device: str, precision: str, has_graph: bool) -> EngineChoice:
    """Choose an engine: torch on a GPU, else OpenVINO, else ONNX Runtime, and torch on a CPU only as the last one.

    Args:
        wanted: an engine, or `auto`.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        precision: `auto`, `float32`, `bfloat16`, `mixed`, `int8` or `float16`.
        has_graph: whether the network has a graph, without which only torch runs it.

    Raises:
        ModelError: what is wanted is not installed, or does not go together; says what to do instead.
    """
    if wanted != "auto":
        _check_possible(wanted, device, precision)
        return EngineChoice(wanted, "it was asked for")
    if device not in ("auto", "cpu"):
        check_installed("torch", f"for the device {device}")
        return EngineChoice("torch", f"the device {device} was asked for")
    if device == "auto" and has_torch_gpu():
        return EngineChoice("torch", "there is a GPU")
    if precision == "float16":
        check_installed("torch", "for float16")
        return EngineChoice("torch", "no other engine computes in float16")
    if not has_graph:
        check_installed("torch", "because this network has no graph for other engines (`lookalike export` makes one)")
        return EngineChoice("torch", "this network has no graph for other engines")
    if is_installed("openvino"):
        return EngineChoice("openvino", "torch has no GPU here" if device == "auto" else "the CPU was asked for")
    if is_installed("onnxruntime") and precision in ("auto", "float32", "int8"):
        return EngineChoice("onnxruntime", "OpenVINO is not installed")
    if is_installed("torch"):
        return EngineChoice("torch", "no other engine is installed")
    raise _missing("openvino", "to run a network on the CPU")


def has_torch_gpu() -> bool:
    """Whether torch is installed and can use a GPU; imports torch only if the driver of one is there."""
    if not is_installed("torch") or not any(device.exists() for device in _GPU_DEVICES):
        return False
    import torch

    return torch.cuda.is_available()


def is_installed(package: str) -> bool:
    """Whether a package can be imported, without importing it."""
    try:
        return importlib.util.find_spec(package) is not None
    except ImportError:
        return False


def _check_possible(engine: str, device: str, precision: str) -> None:
    check_installed(engine, "for this engine")
    if engine == "torch":
        return
    if device not in ("auto", "cpu"):
        raise ModelError(f"{_NAMES[engine]} runs on the CPU, not on {device}; pass --engine torch, or --device cpu")
    bfloat16 = ("bfloat16", "mixed") if engine == "openvino" else ()
    possible = ("auto", "float32", *bfloat16, "int8")
    if precision not in possible:
        raise ModelError(f"{_NAMES[engine]} does not compute in {precision} here; pass one of {', '.join(possible)}")


def check_installed(engine: str, what_for: str) -> None:
    """Do nothing where an engine is installed.

    Raises:
        ModelError: it is not; says what to install.
    """
    if not is_installed(engine):
        raise _missing(engine, what_for)


def _missing(engine: str, what_for: str) -> ModelError:
    return ModelError(
        f"{_NAMES[engine]} is needed {what_for}, and is not installed; run: pip install 'lookalike[{_EXTRAS[engine]}]'"
    )
