"""Runs a detector's graph with ONNX Runtime, where OpenVINO cannot be installed."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model.detection.engine import DetectionRun
from model.graph import PICTURES


def onnxruntime_run(graph: Path, *, threads: int) -> DetectionRun:
    """Open a graph.

    Args:
        graph: checked file.
        threads: of each run.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # A thread that waits by spinning takes a core from those that decode.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(batch: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        scores, reaches = session.run(None, {PICTURES: batch})
        return scores, reaches

    return run
