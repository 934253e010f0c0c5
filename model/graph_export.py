"""Writes a network's graph: what `model.graph` reads."""

import copy
import io
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from contracts.networks import is_foreign
from model.graph import ELEMENT_TYPES, EMBEDDING, MOST_BYTES, PICTURES, PROBABILITIES
from model.graph_check import GraphError, check_graph
from model.network import LookalikeNetwork
from model.pooled_output import FAILURES
from model.preprocessing import Preprocessing
from model.weights_file import TensorPlace, tensor_places
from storage.durable_files import replace_file

# What OpenVINO and ONNX Runtime have read for years.
_OPERATIONS = 17
# The last architecture that was traced, which takes seconds: a training exports one network after each epoch.
_traced: dict[tuple[str, Preprocessing, tuple[tuple[str, tuple[int, ...]], ...]], bytes] = {}


class _Inference(nn.Module):
    """From fitted pictures to embeddings and probabilities of the classes."""

    def __init__(self, network: LookalikeNetwork, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (preprocessing.mean, preprocessing.std))
        self.scale, self.shift = std.mul(255.0).reciprocal(), -mean / std

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        output = self.network(pictures.float() * self.scale + self.shift)
        if output.logits is None:
            return (output.embedding,)
        return output.embedding, output.logits.softmax(1)


def export_checked_graph(network: LookalikeNetwork, preprocessing: Preprocessing, weights: Path, graph: Path) -> None:
    """Write the graph of a network; that of a foreign architecture is also run, and compared with the network.

    Args:
        network, preprocessing, weights: as for `export_graph`; the network in eval mode.
        graph: file to write.

    Raises:
        GraphError: a foreign architecture cannot be written as a graph. Then there is no such file.
    """
    if not is_foreign(network.name):
        replace_file(graph, export_graph(network, preprocessing, weights))
        return
    try:
        replace_file(graph, export_graph(network, preprocessing, weights))
        if graph.stat().st_size > MOST_BYTES:
            raise GraphError(f"its graph has over {MOST_BYTES:,} bytes")
        check_graph(_Inference(network, preprocessing), preprocessing.input_size, graph)
    except GraphError:
        graph.unlink(missing_ok=True)
        raise
    # The exporter meets the code of other projects, and says by any of these what it cannot do.
    except (*FAILURES, torch.onnx.OnnxExporterError) as error:
        graph.unlink(missing_ok=True)
        raise GraphError(" ".join(str(error).split())[:200] or type(error).__name__) from error


def export_graph(network: LookalikeNetwork, preprocessing: Preprocessing, weights: Path) -> bytes:
    """The graph of a network.

    Its input is `pictures`, (B, 3, S, S) uint8 with any B; its outputs are `embedding`, (B, 512) float32, and with a
    head `probabilities`, (B, categories) float32. Weights in half precision are widened by the graph.

    Args:
        network: on the CPU, in any mode; copied, not changed.
        preprocessing: that the network was trained with.
        weights: the safetensors file of this network, into which the graph points.

    Returns:
        An ONNX file, to be written into the folder of the weights.
    """
    shapes = tuple((name, tuple(tensor.shape)) for name, tensor in network.state_dict().items())
    key = (network.name, preprocessing, shapes)
    if key not in _traced:
        _traced.clear()
        _traced[key] = _trace(network, preprocessing)
    graph = onnx.load_from_string(_traced[key])
    _point_at(graph, tensor_places(weights), weights.name)
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def _trace(network: LookalikeNetwork, preprocessing: Preprocessing) -> bytes:
    """The graph of every network of this architecture: names of weights, but not their values."""
    # A copy, because its weights are replaced by random ones next.
    module = _Inference(copy.deepcopy(network), preprocessing).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    for tensor in module.state_dict().values():
        # The exporter merges equal weights, and what is equal in this network need not be in the next.
        if tensor.is_floating_point():
            tensor.uniform_(generator=generator)
    outputs = [EMBEDDING] if network.head is None else [EMBEDDING, PROBABILITIES]
    pictures = torch.zeros(2, 3, preprocessing.input_size, preprocessing.input_size, dtype=torch.uint8)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter needs another package, takes ten times as long, and gives the same graph.
        warnings.simplefilter("ignore", DeprecationWarning)
        if is_foreign(network.name):
            # Of the ways that the tracer does not follow, for one; `check_graph` sees whether that matters.
            warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (pictures,),
            stream,  # type: ignore[arg-type] # which this exporter takes, too
            dynamo=False,
            do_constant_folding=False,
            opset_version=_OPERATIONS,
            input_names=[PICTURES],
            output_names=outputs,
            dynamic_axes={name: {0: "batch"} for name in (PICTURES, *outputs)},
        )
    graph = onnx.load_from_string(stream.getvalue())
    weights = {f"network.{name}" for name in network.state_dict()}
    constants = {name for name, _ in module.named_buffers()} - weights
    for initialiser in graph.graph.initializer:
        if initialiser.name in weights:
            initialiser.ClearField("raw_data")
        elif initialiser.name not in constants:
            # Made of random weights, so it would be wrong for any other network.
            raise GraphError("it computes weights from weights before it sees a picture")
    for node in graph.graph.node:
        # Lines of source code that made it.
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    content: bytes = graph.SerializeToString()
    return content


def _point_at(graph: onnx.ModelProto, places: dict[str, TensorPlace], file: str) -> None:
    """Replace the weights in a graph by their places in a file."""
    tensors: list[onnx.TensorProto] = []
    casts: list[onnx.NodeProto] = []
    for initialiser in graph.graph.initializer:
        place = places.get(initialiser.name.removeprefix("network."))
        if place is None:
            # A constant of the architecture, such as a table of positions.
            tensors.append(initialiser)
            continue
        if place.dtype not in ELEMENT_TYPES:
            raise GraphError(f"it has weights of the type {place.dtype}")
        tensor = onnx.TensorProto(
            name=initialiser.name,
            data_type=ELEMENT_TYPES[place.dtype],
            dims=place.shape,
            data_location=onnx.TensorProto.EXTERNAL,
        )
        if tensor.data_type != initialiser.data_type:
            tensor.name = f"{initialiser.name}.stored"
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [initialiser.name], to=initialiser.data_type))
        for key, value in (("location", file), ("offset", place.offset), ("length", place.length)):
            tensor.external_data.add(key=key, value=str(value))
        tensors.append(tensor)
    nodes = [*casts, *graph.graph.node]
    del graph.graph.initializer[:], graph.graph.node[:]
    graph.graph.initializer.extend(tensors)
    graph.graph.node.extend(nodes)


def pointed_at(content: bytes, weights: Path) -> bytes:
    """A graph whose weights, called `network.` and a tensor's name, are replaced by their places in a file."""
    graph = onnx.load_from_string(content)
    _point_at(graph, tensor_places(weights), weights.name)
    pointed: bytes = graph.SerializeToString(deterministic=True)
    return pointed
