"""A network's graphs: ONNX files, proven before they are read.

That of float32 has no weights, but names their places in the checkpoint's safetensors file. That of int8 has weights of
its own, and names no other file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import onnx
from google.protobuf.message import DecodeError, Message

from contracts.errors import ModelError
from model.description import Description, damage_named
from model.weights_file import TensorPlace, tensor_places
from storage.durable_files import FileSeal, seal_problem

GRAPH: Final = "graph.onnx"
INT8_GRAPH: Final = f"int8.{GRAPH}"
PICTURES: Final = "pictures"
EMBEDDING: Final = "embedding"
PROBABILITIES: Final = "probabilities"
ELEMENT_TYPES: Final = {
    "F16": onnx.TensorProto.FLOAT16,
    "F32": onnx.TensorProto.FLOAT,
    "I64": onnx.TensorProto.INT64,
}
# Those of our own architectures have at most a quarter million, and in int8 28 MB.
MOST_BYTES: Final = 4_000_000
_MOST_INT8_BYTES = 100_000_000


def graph_file(folder: Path, version: str) -> Path:
    """Where a checkpoint's graph lies."""
    return folder / f"{version}.{GRAPH}"


def int8_graph_file(folder: Path, version: str) -> Path:
    """Where a checkpoint's graph in int8 lies, if it has one."""
    return folder / f"{version}.{INT8_GRAPH}"


def checked_graph(description: Description) -> Path:
    """A checkpoint's graph, after proof that it is whole and reads nothing but tensors of the checkpoint's weights.

    An ONNX file may name any file as the place of a tensor, so a foreign one could read what it should not.

    Raises:
        ModelError: the checkpoint has no graph, or not the one that was written with it, or the graph reads something
            else.
    """
    path = graph_file(description.folder, description.version)
    if description.graph is None:
        raise ModelError(
            f"the checkpoint in {description.folder} has no graph, which other engines than torch need; "
            f"run `lookalike export {description.folder} --out DIR` where torch is installed, or pass --engine torch"
        )
    problem = _size_problem(path, description.graph, MOST_BYTES)
    if problem is None:
        with damage_named(description.folder):
            places = {(place.offset, place.length): place for place in tensor_places(description.weights).values()}
            problem = foreign_content(path, places, description.weights.name)
    if problem is not None:
        raise ModelError(
            f"{path} {problem}; restore a whole copy, or run `lookalike export {description.folder} --out DIR`"
        )
    return path


def checked_int8_graph(description: Description) -> Path:
    """A checkpoint's graph in int8, after proof that it is whole and reads no other file.

    Raises:
        ModelError: the checkpoint has none, or not the one that was written with it, or it reads another file.
    """
    path = int8_graph_file(description.folder, description.version)
    again = f"run `lookalike export {description.folder} --out DIR --precision int8`"
    if description.int8_graph is None:
        raise ModelError(f"the checkpoint in {description.folder} has no graph in int8; {again}, and pass DIR instead")
    problem = _size_problem(path, description.int8_graph, _MOST_INT8_BYTES)
    if problem is None:
        with damage_named(description.folder):
            problem = foreign_content(path, {}, "")
    if problem is not None:
        raise ModelError(f"{path} {problem}; restore a whole copy, or {again}")
    return path


def _size_problem(path: Path, seal: FileSeal, most: int) -> str | None:
    if seal.bytes > most:
        return f"has {seal.bytes:,} bytes, and no network's graph has over {most:,}"
    return seal_problem(path, seal)


def foreign_content(path: Path, places: dict[tuple[int, int], TensorPlace], weights: str) -> str | None:
    """What a graph has that our own graphs do not have, or None.

    Args:
        places: of the tensors that it may read from the file named `weights`.
    """
    try:
        graph = onnx.load(path, format="protobuf", load_external_data=False)
    except DecodeError:
        return "is no ONNX graph"
    if graph.functions or any(domain.domain not in ("", "ai.onnx") for domain in graph.opset_import):
        return "uses operations that are not ONNX's own"
    for tensor in _tensors(graph):
        is_elsewhere = tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data
        if is_elsewhere and not _is_ours(tensor, places, weights):
            return f"wants to read something else than the checkpoint's weights ({tensor.name!r:.80})"
    return None


def _is_ours(tensor: onnx.TensorProto, places: dict[tuple[int, int], TensorPlace], weights: str) -> bool:
    said = {entry.key: entry.value for entry in tensor.external_data}
    if len(said) != len(tensor.external_data) or said.keys() != {"location", "offset", "length"}:
        return False
    if said["location"] != weights or not (said["offset"].isdecimal() and said["length"].isdecimal()):
        return False
    place = places.get((int(said["offset"]), int(said["length"])))
    if place is None or place.dtype not in ELEMENT_TYPES:
        return False
    return (ELEMENT_TYPES[place.dtype], place.shape) == (tensor.data_type, tuple(tensor.dims))


def _tensors(message: Message) -> Iterator[onnx.TensorProto]:
    """Every tensor anywhere in a graph: initialisers, constants, those of subgraphs."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in (value,) if isinstance(value, Message) else value:
            if isinstance(part, onnx.TensorProto):
                yield part
            yield from _tensors(part)
