"""The graphs beside checkpoints, and the engines that run them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from contracts.errors import ModelError
from model.checkpoint import load_checkpoint, save_checkpoint
from model.description import read_description
from model.engines.torch_engine import TorchEngine
from model.graph import checked_graph, graph_file
from model.graph_export import export_graph
from model.loading import load_engine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from model.shipped_networks import SHIPPED, SHIPPED_FOLDERS
from storage.durable_files import seal_file
from tests.model.tiny_backbone import tiny_resnet18

PREPROCESSING = Preprocessing(64, "pad", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
EACH = [source for source, folder in SHIPPED_FOLDERS.items() if source == f"{SHIPPED}:{folder.name}"]
Pictures = NDArray[np.uint8]


def _pictures(side: int) -> Pictures:
    return np.random.default_rng(2).integers(0, 256, (5, 3, side, side), dtype=np.uint8)


@pytest.fixture
def tiny_backbone() -> Iterator[None]:
    """Of each test alone, for others here load the shipped networks."""
    with tiny_resnet18():
        yield


@pytest.fixture
def saved(tmp_path: Path, tiny_backbone: None) -> Path:
    torch.manual_seed(5)
    save_checkpoint(tmp_path, LookalikeNetwork("resnet18", ["Tee", "Blouse"]), PREPROCESSING, {})
    return tmp_path


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("source", EACH)
def test_each_engine_embeds_as_torch_does(source: str, engine: str) -> None:
    found = load_engine(source, engine=engine, precision="float32", threads=1)  # type: ignore[arg-type]
    exact = load_engine(source, engine="torch", device="cpu", threads=1)
    assert found.identity == exact.identity
    pictures = _pictures(found.input_size)
    got, expected = found.embed(pictures), exact.embed(pictures)
    assert got.embeddings.dtype == np.float32
    assert np.allclose(got.embeddings, expected.embeddings, atol=1e-4)
    for one, other in zip(got.categories, expected.categories, strict=True):
        assert one is not None
        assert other is not None
        assert one[0] == other[0]
        assert one[1] == pytest.approx(other[1], abs=1e-4)


@pytest.mark.parametrize("source", EACH)
def test_a_shipped_graph_is_the_one_that_an_export_makes(source: str, tmp_path: Path) -> None:
    folder = SHIPPED_FOLDERS[source]
    checkpoint, description = load_checkpoint(folder), read_description(folder)
    again = export_graph(checkpoint.network, checkpoint.preprocessing, description.weights)
    assert again == graph_file(folder, checkpoint.version).read_bytes()
    # One file of weights for all engines: the graph itself has none.
    assert len(again) < 300_000


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_a_batch_of_several_passes_is_what_its_pictures_are_alone(saved: Path, engine: str) -> None:
    loaded = load_engine(str(saved), engine=engine, precision="float32", threads=1)  # type: ignore[arg-type]
    pictures = np.random.default_rng(3).integers(0, 256, (200, 3, 64, 64), dtype=np.uint8)
    together = loaded.embed(pictures)
    alone = np.concatenate([loaded.embed(pictures[row : row + 1]).embeddings for row in (0, 150, 199)])
    assert np.allclose(together.embeddings[[0, 150, 199]], alone, atol=1e-5)
    assert len(together.categories) == 200


def test_weights_that_were_equal_in_one_network_are_not_shared_in_the_next(tmp_path: Path, tiny_backbone: None) -> None:
    first, second = LookalikeNetwork("resnet18").eval(), LookalikeNetwork("resnet18").eval()
    save_checkpoint(tmp_path / "first", first, PREPROCESSING, {})
    for module in second.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 2.0)
            torch.nn.init.normal_(module.bias)
    save_checkpoint(tmp_path / "second", second, PREPROCESSING, {})
    checkpoint = load_checkpoint(tmp_path / "second")
    graph = load_engine(str(tmp_path / "second"), engine="openvino", precision="float32", threads=1)
    exact = TorchEngine(checkpoint.network, PREPROCESSING, graph.identity, device="cpu", threads=1)
    assert np.allclose(graph.embed(_pictures(64)).embeddings, exact.embed(_pictures(64)).embeddings, atol=1e-4)


def test_a_checkpoint_of_a_network_in_training_has_a_graph_for_inference(tmp_path: Path, tiny_backbone: None) -> None:
    network = LookalikeNetwork("resnet18").train()
    save_checkpoint(tmp_path, network, PREPROCESSING, {})
    assert network.training
    graph = onnx.load(checked_graph(read_description(tmp_path)), load_external_data=False)
    batch_norms = [node for node in graph.graph.node if node.op_type == "BatchNormalization"]
    assert len(batch_norms) == 2
    assert all(attribute.i == 0 for n in batch_norms for attribute in n.attribute if attribute.name == "training_mode")


def _other_file(tensor: onnx.TensorProto) -> None:
    _entry(tensor, "location").value = "../secret.bin"


def _absolute(tensor: onnx.TensorProto) -> None:
    _entry(tensor, "location").value = "/etc/passwd"


def _beyond_the_end(tensor: onnx.TensorProto) -> None:
    _entry(tensor, "offset").value = str(1 << 40)


def _between_two_tensors(tensor: onnx.TensorProto) -> None:
    _entry(tensor, "offset").value = str(int(_entry(tensor, "offset").value) + 2)


def _another_shape(tensor: onnx.TensorProto) -> None:
    tensor.dims[0] *= 2


def _said_twice(tensor: onnx.TensorProto) -> None:
    tensor.external_data.add(key="location", value="../secret.bin")


def _entry(tensor: onnx.TensorProto, key: str) -> onnx.StringStringEntryProto:
    found: onnx.StringStringEntryProto
    (found,) = (entry for entry in tensor.external_data if entry.key == key)
    return found


def _replace_graph(folder: Path, graph: onnx.ModelProto) -> None:
    """Put another graph into a checkpoint, with a description that says it is the right one."""
    description = read_description(folder)
    file = graph_file(folder, description.version)
    file.write_bytes(graph.SerializeToString())
    fields = json.loads((folder / "checkpoint.json").read_text())
    (folder / "checkpoint.json").write_text(json.dumps({**fields, "graph": asdict(seal_file(file))}))


@pytest.mark.parametrize(
    "change", [_other_file, _absolute, _beyond_the_end, _between_two_tensors, _another_shape, _said_twice]
)
@pytest.mark.parametrize("where", ["initialiser", "constant", "subgraph"])
def test_a_graph_that_reads_anything_but_its_weights_is_refused(
    saved: Path, change: Callable[[onnx.TensorProto], None], where: str
) -> None:
    graph = onnx.load(graph_file(saved, read_description(saved).version), load_external_data=False)
    tensor = graph.graph.initializer[0]
    if where != "initialiser":
        foreign = onnx.TensorProto()
        foreign.CopyFrom(tensor)
        tensor = foreign
    change(tensor)
    if where == "constant":
        graph.graph.node.append(onnx.helper.make_node("Constant", [], ["extra"], value=tensor))
    if where == "subgraph":
        branch = onnx.helper.make_graph([], "branch", [], [], [tensor])
        graph.graph.node.append(onnx.helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch))
    _replace_graph(saved, graph)
    with pytest.raises(ModelError, match="something else than the checkpoint's weights"):
        load_engine(str(saved), engine="openvino", precision="float32")


def test_a_graph_with_operations_of_others_is_refused(saved: Path) -> None:
    graph = onnx.load(graph_file(saved, read_description(saved).version), load_external_data=False)
    graph.opset_import.add(domain="com.example", version=1)
    _replace_graph(saved, graph)
    with pytest.raises(ModelError, match="not ONNX's own"):
        load_engine(str(saved), engine="openvino", precision="float32")


@pytest.mark.parametrize("damage", ["torn", "changed", "missing", "no graph at all"])
def test_a_damaged_graph_is_refused(saved: Path, damage: str) -> None:
    file = graph_file(saved, read_description(saved).version)
    content = file.read_bytes()
    if damage == "torn":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "missing":
        file.unlink()
    else:
        file.write_bytes(b"\xff" * 100)
        fields = json.loads((saved / "checkpoint.json").read_text())
        (saved / "checkpoint.json").write_text(json.dumps({**fields, "graph": asdict(seal_file(file))}))
    with pytest.raises(ModelError, match="lookalike export"):
        load_engine(str(saved), engine="openvino", precision="float32")


def test_changed_weights_are_refused_without_torch_too(saved: Path) -> None:
    weights = read_description(saved).weights
    data = bytearray(weights.read_bytes())
    data[-5] ^= 0x40
    weights.write_bytes(data)
    with pytest.raises(ModelError, match="but its weights are"):
        load_engine(str(saved), engine="openvino", precision="float32")
