"""Runs the first layers of a detector, which are not trained, with OpenVINO: ten times as fast as torch on a CPU."""

from collections.abc import Callable

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from openvino import properties
from openvino.properties import hint
from torch import Tensor, nn

from model.detection.network import GarmentNetwork

Beginning = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class _Beginning(nn.Module):
    def __init__(self, network: GarmentNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Tensor:
        return self.network.begin(photos)


def compiled_beginning(network: GarmentNetwork) -> Beginning:
    """`GarmentNetwork.begin` for arrays, with the weights that the network has now."""
    example = torch.zeros(2, 3, 64, 64)
    graph = openvino.convert_model(_Beginning(network).eval(), example_input=example, input=[(-1, 3, -1, -1)])
    compiled = openvino.Core().compile_model(
        graph,
        "CPU",
        {
            hint.performance_mode: hint.PerformanceMode.LATENCY,
            properties.inference_num_threads: 1,
            hint.enable_cpu_pinning: False,
        },
    )
    request = compiled.create_infer_request()

    def begin(photos: NDArray[np.float32]) -> NDArray[np.float32]:
        request.infer([photos])
        feature: NDArray[np.float32] = request.get_output_tensor(0).data.astype(np.float32)
        return feature

    return begin
