"""Loads the garment detector of a checkpoint; imports torch only if that runs it."""

from pathlib import Path

from contracts.engine_names import EngineName
from model.cache_folder import cache_folder
from model.description import read_description
from model.detection.description import DetectorDescription
from model.detection.engine import DetectionEngine, DetectionRun
from model.detection.graph import checked_graph, checked_weights
from model.engines.choosing import choose_engine
from model.engines.processor import computes_bfloat16
from model.shipped_networks import folder_of

_GPU_BATCH = 32


def load_detector(
    source: str, *, threads: int, engine: EngineName = "auto", device: str = "auto", precision: str = "auto"
) -> DetectionEngine | None:
    """Load the garment detector that belongs to a network.

    Args:
        source: of the network: a checkpoint folder; `shipped` or another name in `SHIPPED_FOLDERS`; or
            `imagenet:<network>`, which has none.
        threads: of forward passes on the CPU.
        engine: `auto` takes torch on a GPU, else OpenVINO, else ONNX Runtime, else torch.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        precision: of OpenVINO, `float32` or `bfloat16`; `auto` is bfloat16 where the processor has it.

    Returns:
        None if the checkpoint has no detector.

    Raises:
        ModelError: the checkpoint or the detector is damaged or of another architecture, or the engine or the device
            is not available.
    """
    folder = folder_of(source)
    detector = None if folder is None else read_description(folder).detector
    if folder is None or detector is None:
        return None
    choice = choose_engine(engine, device=device, precision="auto", has_graph=True)
    if choice.engine == "torch":
        run, most, words = _torch(folder, detector, device)
    elif choice.engine == "onnxruntime":
        from model.detection.onnxruntime_run import onnxruntime_run

        run, most, words = onnxruntime_run(checked_graph(folder, detector), threads=threads), 1, "onnxruntime, float32"
    else:
        from model.detection.openvino_run import openvino_run

        bfloat16 = precision == "bfloat16" or (precision == "auto" and computes_bfloat16())
        graph = checked_graph(folder, detector)
        run, most = openvino_run(graph, bfloat16=bfloat16, threads=threads, cache=cache_folder()), 1
        words = f"openvino, {'bfloat16' if bfloat16 else 'float32'}"
    return DetectionEngine(
        detector.version,
        detector.classes,
        detector.input_size,
        run,
        most_at_once=most,
        description=f"garments by {words}, because {choice.because}",
    )


def _torch(folder: Path, detector: DetectorDescription, device: str) -> tuple[DetectionRun, int, str]:
    from model.detection.torch_loading import load_garment_network
    from model.detection.torch_run import torch_run
    from model.engines.torch_engine import chosen_device

    chosen = chosen_device(device)
    network = load_garment_network(checked_weights(folder, detector), detector)
    on_gpu = chosen.type == "cuda"
    return torch_run(network, chosen), _GPU_BATCH if on_gpu else 1, f"torch on {chosen}"
