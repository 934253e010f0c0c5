"""Runs a detector's graph with OpenVINO."""

from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import properties
from openvino.properties import hint

from model.detection.engine import DetectionRun
from model.graph import PICTURES


def openvino_run(graph: Path, *, bfloat16: bool, threads: int, cache: Path | None) -> DetectionRun:
    """Compile a graph.

    Args:
        graph: checked file.
        bfloat16: whether to compute in bfloat16 instead of float32.
        threads: of each run.
        cache: folder for compiled graphs, which only this user can write; None for none.
    """
    core = openvino.Core()
    if cache is not None:
        core.set_property({properties.cache_dir: str(cache)})
    compiled = core.compile_model(
        core.read_model(graph),
        "CPU",
        {
            hint.inference_precision: openvino.Type.bf16 if bfloat16 else openvino.Type.f32,
            hint.performance_mode: hint.PerformanceMode.LATENCY,
            properties.inference_num_threads: threads,
            # Two processes that pin their threads may pin them to the same cores.
            hint.enable_cpu_pinning: False,
        },
    )
    request = compiled.create_infer_request()

    def run(batch: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        request.infer({PICTURES: batch})
        return request.get_output_tensor(0).data.copy(), request.get_output_tensor(1).data.copy()

    return run
