"""`lookalike benchmark engines`: the engines that run a network on the CPU, in turns, in time and precision."""

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from contracts.engine_names import EngineName
from model.description import read_description
from model.engines.precision_check import PrecisionCheck, compare_precision
from model.engines.processor import computes_bfloat16, usable_cores
from model.loading import load_engine
from model.sample_pictures import sample_pictures
from model.shipped_networks import folder_of

BATCHES = (1, 16)
_BASELINE = "torch float32"


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """One engine in one precision.

    Attributes:
        ms: milliseconds a picture by batch size, median over the rounds.
        ratio: to torch in float32, by batch size: median of the rounds' ratios.
        check: its embeddings compared with those of torch in float32.
    """

    engine: str
    ms: dict[int, float]
    ratio: dict[int, float]
    check: PrecisionCheck


def run(source: str, *, rounds: int) -> int:
    """Time each engine at each batch size in turns, compare embeddings, and print a table and JSON.

    Args:
        source: of the network.
        rounds: in each of which every engine has one turn.
    """
    engines = _engines(source)
    baseline = engines[_BASELINE]
    drawn = sample_pictures(target=baseline.input_size, as_srgb=baseline.as_srgb)
    pictures = np.stack([baseline.preprocess(pixels) for pixels in drawn])
    embeddings = {name: engine.embed(pictures).embeddings for name, engine in engines.items()}
    times: dict[str, dict[int, list[float]]] = {name: {size: [] for size in BATCHES} for name in engines}
    for _ in range(rounds):
        for size in BATCHES:
            for name, engine in engines.items():
                times[name][size].append(_ms_a_picture(engine, pictures[:size]))
    figures = [
        EngineFigures(
            name,
            {size: statistics.median(found) for size, found in times[name].items()},
            {size: _ratio(found, times[_BASELINE][size]) for size, found in times[name].items()},
            compare_precision(embeddings[_BASELINE], embeddings[name]),
        )
        for name in engines
    ]
    print(f"{baseline.identity.version}, {baseline.input_size} px, {usable_cores()} threads, {_processor()}\n")
    print(f"{'':22}" + "".join(f"batch {size:<3} ms a picture, ratio   " for size in BATCHES) + "cosine min, overlap")
    for one in figures:
        columns = "".join(f"{one.ms[size]:18.2f} {one.ratio[size]:10.2f}   " for size in BATCHES)
        print(f"{one.engine:20}{columns}  {one.check.cosine_minimum:.5f}, {one.check.overlap:.3f}")
    print(json.dumps([asdict(one) for one in figures]))
    return 0


def _engines(source: str) -> dict[str, EmbeddingEngine]:
    kinds: list[tuple[EngineName, str]] = [("torch", "float32"), ("onnxruntime", "float32"), ("openvino", "float32")]
    if computes_bfloat16():
        kinds += [("openvino", "bfloat16"), ("openvino", "mixed")]
    folder = folder_of(source)
    if folder is not None and read_description(folder).int8_graph is not None:
        kinds += [("onnxruntime", "int8"), ("openvino", "int8")]
    return {
        f"{engine} {precision}": load_engine(source, engine=engine, device="cpu", precision=precision)
        for engine, precision in kinds
    }


def _ms_a_picture(engine: EmbeddingEngine, batch: NDArray[np.uint8]) -> float:
    """The fastest of some passes, after one that finds its caches cold."""
    engine.embed(batch)
    found = []
    for _ in range(5):
        started = time.perf_counter()
        engine.embed(batch)
        found.append((time.perf_counter() - started) * 1000 / len(batch))
    return min(found)


def _ratio(found: Sequence[float], baseline: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(found, baseline, strict=True))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown processor"
