"""Graphs of foreign architectures: compared with the network, and left out where there are none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from commands.networks import say_without_graph
from model import precision_choice
from model.checkpoint import load_checkpoint, save_checkpoint
from model.description import read_description
from model.engines.precision_check import PrecisionCheck
from model.graph_check import GraphError
from model.graph_export import export_checked_graph
from model.loading import load_engine
from model.network import LookalikeNetwork
from model.precision_choice import choose_precision
from model.preprocessing import Preprocessing

PREPROCESSING = Preprocessing(32, "pad", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@pytest.fixture
def network() -> LookalikeNetwork:
    torch.manual_seed(5)
    return LookalikeNetwork("timm:test_resnet").eval()


class _ByBatch(nn.Module):
    """Does for the batch that is traced something else than for others."""

    def forward(self, pictures: Tensor) -> Tensor:
        channels = pictures.mean((2, 3)) if len(pictures) == 2 else pictures.amax((2, 3))
        return channels.repeat(1, 32)[:, :, None, None]


def test_a_graph_that_is_right_for_one_batch_alone_is_not_written(network: LookalikeNetwork, tmp_path: Path) -> None:
    save_checkpoint(tmp_path, network, PREPROCESSING, {})
    description = read_description(tmp_path)
    assert description.graph is not None
    network.backbone = _ByBatch()
    graph = tmp_path / "other.onnx"
    with pytest.raises(GraphError, match="does not return what the network returns"):
        export_checked_graph(network, PREPROCESSING, description.weights, graph)
    assert not graph.exists()


def test_a_network_that_cannot_be_exported_works_with_torch(
    network: LookalikeNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise torch.onnx.errors.UnsupportedOperatorError("aten::new_norm", 17, None)

    monkeypatch.setattr(torch.onnx, "export", fail)
    # Another size, so that no trace of it is kept.
    preprocessing = Preprocessing(48, "pad", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    version = save_checkpoint(tmp_path, network, preprocessing, {})
    assert not list(tmp_path.glob("*.onnx"))
    assert load_checkpoint(tmp_path).version == version
    engine = load_engine(str(tmp_path), device="cpu", threads=1)
    assert engine.identity.version == version
    assert engine.embed(np.zeros((1, 3, 48, 48), np.uint8)).embeddings.shape == (1, 512)
    say_without_graph(tmp_path)
    assert "has no graph for OpenVINO and ONNX Runtime (" in (said := capsys.readouterr().err)
    assert "new_norm" in said
    assert "pip install 'lookalike[gpu]'" in said


def test_a_foreign_graph_runs_in_float32_without_being_asked_otherwise(
    network: LookalikeNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(tmp_path, network, PREPROCESSING, {})
    monkeypatch.setattr(precision_choice, "computes_bfloat16", lambda: True)

    def unasked(_precision: str) -> PrecisionCheck:
        raise AssertionError("the check itself may end the process")

    description = read_description(tmp_path)
    assert choose_precision(description, "openvino", "auto", unasked)[0] == "float32"
    assert choose_precision(description, "openvino", "bfloat16", unasked)[0] == "bfloat16"


def test_our_own_architecture_without_a_graph_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(torch.onnx, "export", fail)
    with pytest.raises(RuntimeError, match="broken"):
        save_checkpoint(tmp_path, LookalikeNetwork("resnet18"), Preprocessing(40, "pad", (0.5,) * 3, (0.5,) * 3), {})
