"""Runs a detector with torch: on a GPU, or where nothing else is installed."""

import numpy as np
import torch
from numpy.typing import NDArray

from model.detection.engine import DetectionRun
from model.detection.network import GarmentInference, GarmentNetwork
from model.engines.folding import fold_batch_norms


def torch_run(network: GarmentNetwork, device: torch.device) -> DetectionRun:
    """Prepare a network for inference; it is changed, and used from one thread at a time.

    Args:
        network: with its weights.
        device: to run on; half precision on a GPU.
    """
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    network.eval().requires_grad_(False)
    fold_batch_norms(network)
    inference = GarmentInference(network, dtype).to(device)
    network.to(dtype=dtype).to(memory_format=torch.channels_last)

    def run(batch: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        with torch.inference_mode():
            scores, reaches = inference(torch.from_numpy(batch).to(device))
        return scores.float().cpu().numpy(), reaches.float().cpu().numpy()

    return run
