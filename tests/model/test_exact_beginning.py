"""Which layers of a graph stay in float32 when the rest is compiled for bfloat16."""

from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino.properties import hint

from model.description import read_description
from model.engines.exact_beginning import EXACT_CONVOLUTIONS, with_exact_beginning
from model.engines.processor import computes_bfloat16
from model.graph import checked_graph
from model.shipped_networks import SHIPPED_FOLDERS


def _graph() -> Path:
    return checked_graph(read_description(SHIPPED_FOLDERS["shipped:efficientnet_lite0"]))


@pytest.mark.skipif(not computes_bfloat16(), reason="the processor has no bfloat16")
def test_the_first_convolutions_stay_in_float32_and_all_others_do_not() -> None:
    core = openvino.Core()
    compiled = core.compile_model(
        with_exact_beginning(core, _graph()), "CPU", {hint.inference_precision: openvino.Type.bf16}
    )
    layers = [node.get_rt_info() for node in compiled.get_runtime_model().get_ordered_ops()]
    precisions = [layer["runtimePrecision"].value for layer in layers if layer["layerType"].value == "Convolution"]
    assert precisions.count("f32") == EXACT_CONVOLUTIONS
    assert precisions.count("bf16") == len(precisions) - EXACT_CONVOLUTIONS


def test_a_marked_graph_computes_what_it_did() -> None:
    core = openvino.Core()
    pictures = np.random.default_rng(0).integers(0, 256, (2, 3, 112, 112), dtype=np.uint8)
    exact = {hint.inference_precision: openvino.Type.f32}
    plain, marked = (
        core.compile_model(model, "CPU", exact)([pictures])[0]
        for model in (core.read_model(_graph()), with_exact_beginning(core, _graph()))
    )
    assert np.allclose(plain, marked, atol=1e-5)
