"""Loads the network that `--checkpoint` or `--network` names into an engine; imports torch only if that runs it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from contracts.embedding_engine import EmbeddingEngine
from contracts.embedding_set import ModelIdentity
from contracts.engine_names import EngineName
from model.allocator import keep_freed_memory
from model.cache_folder import cache_folder
from model.description import Description, check_weights, read_description
from model.engines.choosing import choose_engine
from model.engines.kept_checks import kept_check
from model.engines.precision_check import PrecisionCheck, compare_precision
from model.engines.processor import usable_cores
from model.held_out_record import held_out_by
from model.precision_choice import GRAPH_PRECISIONS, GraphEngineName, check_name, choose_precision
from model.sample_pictures import sample_pictures
from model.shipped_networks import folder_of, lasting_source

if TYPE_CHECKING:
    from model.engines.openvino_engine import GraphPrecision


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
        precision: `auto`, `float32`, `bfloat16`, `mixed`, `int8` or `float16`. `auto` is float16 on a GPU. On a CPU it
            is the first of bfloat16, mixed and int8 that the processor has, that there is a graph for, and whose check
            of this network passed (`model.engines.precision_check`), else float32.
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
    chosen, because = choose_precision(
        description,
        choice.engine,
        precision,
        partial(_compare_with_float32, description, source, choice.engine, threads),
    )
    reasons = " and ".join(reason for reason in (choice.because, because) if reason)
    announce(f"engine {choice.engine}, {chosen}, because {reasons}")
    return _graph_engine(description, source, choice.engine, chosen, threads)


def load_identity(source: str) -> ModelIdentity:
    """Which model the engine of a network will be, without loading it where that can be avoided.

    Args:
        source: as for `load_engine`.

    Raises:
        ModelError: the network is not available.
    """
    folder = folder_of(source)
    if folder is None:
        from model.torch_loading import load_torch_engine

        return load_torch_engine(source, device="cpu").identity
    return _identity(read_description(folder), source)


def _graph_engine(
    description: Description, source: str, engine: GraphEngineName, precision: "GraphPrecision", threads: int
) -> EmbeddingEngine:
    from model.graph import checked_graph, checked_int8_graph

    graph = checked_int8_graph(description) if precision == "int8" else checked_graph(description)
    identity = _identity(description, source)
    if engine == "onnxruntime":
        from model.engines.onnxruntime_engine import OnnxRuntimeEngine

        return OnnxRuntimeEngine(graph, description, identity, precision=precision, threads=threads)
    from model.engines.openvino_engine import OpenVinoEngine

    return OpenVinoEngine(graph, description, identity, precision=precision, threads=threads, cache=cache_folder())


def _identity(description: Description, source: str) -> ModelIdentity:
    return ModelIdentity(
        description.version,
        description.network,
        lasting_source(source),
        description.preprocessing.input_size,
        description.parts,
        held_out_by(description.training),
    )


def check_precision(description: Description, source: str, engine: GraphEngineName, precision: str) -> PrecisionCheck:
    """The kept check of a network in one precision, made now if there is none.

    Args:
        description: of a checkpoint with a graph for this precision.
        source: of that checkpoint.

    Raises:
        CatalogueError: the sample catalogue, whose pictures are compared, is missing or damaged.
        ModelError: a graph is not the one that was written with the checkpoint.
    """
    make = partial(_compare_with_float32, description, source, engine, usable_cores(), GRAPH_PRECISIONS[precision])
    return kept_check(description, check_name(engine, precision), make)


def _compare_with_float32(
    description: Description, source: str, engine: GraphEngineName, threads: int, precision: "GraphPrecision"
) -> PrecisionCheck:
    exact, fast = (
        _graph_engine(description, source, engine, name, threads) for name in (GRAPH_PRECISIONS["float32"], precision)
    )
    drawn = sample_pictures(target=exact.input_size, as_srgb=exact.as_srgb)
    pictures = np.stack([exact.preprocess(pixels) for pixels in drawn])
    return compare_precision(exact.embed(pictures).embeddings, fast.embed(pictures).embeddings)
