"""Loads the network that `--checkpoint` or `--network` names into an engine; imports torch only if that runs it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from contracts.embedding_engine import EmbeddingEngine
from contracts.embedding_set import ModelIdentity
from contracts.engine_names import EngineName
from contracts.errors import CatalogueError
from model.allocator import keep_freed_memory
from model.cache_folder import cache_folder
from model.description import Description, check_weights, read_description
from model.engines.choosing import choose_engine
from model.engines.kept_checks import kept_check
from model.engines.precision_check import PrecisionCheck, compare_precision
from model.engines.processor import computes_bfloat16, usable_cores
from model.held_out_record import held_out_by
from model.sample_pictures import sample_pictures
from model.shipped_networks import folder_of, lasting_source

if TYPE_CHECKING:
    from model.engines.openvino_engine import GraphPrecision

_GRAPH_PRECISIONS: "Final[dict[str, GraphPrecision]]" = {
    "float32": "float32",
    "bfloat16": "bfloat16",
    "mixed": "mixed",
}
# Where the processor has bfloat16. The first whose check passes is used.
_FASTEST_FIRST: "Final[tuple[GraphPrecision, ...]]" = ("bfloat16", "mixed")


def _unheard(_line: str) -> None:
    """The default of `announce`."""


def load_engine(
    source: str,
    *,
    engine: EngineName = "auto",
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    announce: Callable[[str], object] = _unheard,
) -> EmbeddingEngine:
    """Load an engine by the source of its network.

    Args:
        source: a checkpoint folder; `shipped` or another name in `SHIPPED_FOLDERS`; or `imagenet:<network>`.
        engine: `auto` takes torch on a GPU, else OpenVINO, else ONNX Runtime, else torch.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        precision: `auto`, `float32`, `bfloat16`, `mixed` or `float16`. `auto` is float16 on a GPU. On a CPU with
            bfloat16 it is the first of bfloat16 and mixed whose check of this network passed
            (`model.engines.precision_check`), else float32.
        threads: of forward passes on the CPU; None: as many as there are cores.
        announce: called once with a line that says what runs the network, and why.

    Raises:
        ModelError: the network, the engine or the device is not available.
    """
    keep_freed_memory()
    folder = folder_of(source)
    description = None if folder is None else read_description(folder)
    has_graph = description is not None and description.graph is not None
    choice = choose_engine(engine, device=device, precision=precision, has_graph=has_graph)
    if choice.engine == "torch" or description is None:
        from model.torch_loading import load_torch_engine

        loaded = load_torch_engine(source, device=device, precision=precision, threads=threads)
        dtype = str(loaded.dtype).removeprefix("torch.")
        announce(f"engine torch on {loaded.device}, {dtype}, because {choice.because}")
        return loaded
    check_weights(description)
    threads = threads or usable_cores()
    if choice.engine == "onnxruntime":
        announce(f"engine onnxruntime, float32, because {choice.because}")
        return _onnxruntime(description, source, threads)
    chosen, because = _precision(description, source, precision, threads)
    announce(f"engine openvino, {chosen}, because {choice.because} and {because}")
    return _openvino(description, source, chosen, threads)


def _openvino(description: Description, source: str, precision: "GraphPrecision", threads: int) -> EmbeddingEngine:
    from model.engines.openvino_engine import OpenVinoEngine
    from model.graph import checked_graph

    return OpenVinoEngine(
        checked_graph(description),
        description,
        _identity(description, source),
        precision=precision,
        threads=threads,
        cache=cache_folder(),
    )


def _onnxruntime(description: Description, source: str, threads: int) -> EmbeddingEngine:
    from model.engines.onnxruntime_engine import OnnxRuntimeEngine
    from model.graph import checked_graph

    return OnnxRuntimeEngine(checked_graph(description), description, _identity(description, source), threads=threads)


def _identity(description: Description, source: str) -> ModelIdentity:
    return ModelIdentity(
        description.version,
        description.network,
        lasting_source(source),
        description.preprocessing.input_size,
        description.parts,
        held_out_by(description.training),
    )


def _precision(description: Description, source: str, precision: str, threads: int) -> "tuple[GraphPrecision, str]":
    """The precision on the CPU, and why."""
    if precision != "auto":
        return _GRAPH_PRECISIONS[precision], f"{precision} was asked for"
    if not computes_bfloat16():
        return "float32", "the processor has no bfloat16"
    refusals: list[str] = []
    for candidate in _FASTEST_FIRST:
        try:
            found = kept_check(
                description, candidate, partial(_compare_with_float32, description, source, candidate, threads)
            )
        except CatalogueError as error:
            return "float32", f"bfloat16 could not be checked ({error})"
        figures = (
            f"cosine median {found.cosine_median:.5f} and minimum {found.cosine_minimum:.4f}, "
            f"overlap of the ten nearest {found.overlap:.3f}"
        )
        if found.passed:
            return candidate, ", ".join([f"it passed its check ({figures})", *refusals])
        refusals.append(f"{candidate} failed its check ({figures})")
    return "float32", ", ".join(refusals)


def _compare_with_float32(
    description: Description, source: str, precision: "GraphPrecision", threads: int
) -> PrecisionCheck:
    exact, fast = (_openvino(description, source, name, threads) for name in (_GRAPH_PRECISIONS["float32"], precision))
    drawn = sample_pictures(target=exact.input_size, as_srgb=exact.as_srgb)
    pictures = np.stack([exact.preprocess(pixels) for pixels in drawn])
    return compare_precision(exact.embed(pictures).embeddings, fast.embed(pictures).embeddings)
