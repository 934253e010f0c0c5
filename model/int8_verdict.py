"""Says whether `--engine auto` takes a checkpoint's graph in int8."""

from functools import partial
from pathlib import Path

from model.description import read_description
from model.engines.choosing import is_installed
from model.engines.precision_check import LEAST_COSINE, LEAST_MEDIAN, LEAST_OVERLAP
from model.engines.processor import computes_int8
from model.loading import check_precision
from model.precision_choice import GraphEngineName, choose_precision, figures


def int8_verdict(folder: Path) -> str:
    """Check the graph in int8, keep the check, and say what follows from it, in sentences.

    Args:
        folder: of a checkpoint with that graph.

    Raises:
        CatalogueError: the sample catalogue, whose pictures are compared, is missing or damaged.
        ModelError: a graph is not the one that was written with the checkpoint.
    """
    engine: GraphEngineName = "openvino" if is_installed("openvino") else "onnxruntime"
    description = read_description(folder)
    check = partial(check_precision, description, str(folder), engine)
    if not computes_int8():
        return "--engine auto will not take it on this processor, which has no VNNI; it is checked where there is one."
    found = check("int8")
    if not found.passed:
        return (
            f"--engine auto will not take it: int8 failed its check ({figures(found)}; needed are {LEAST_MEDIAN}, "
            f"{LEAST_COSINE} and {LEAST_OVERLAP})."
        )
    chosen, _ = choose_precision(description, engine, "auto", check)
    passed = f"int8 passed its check ({figures(found)})"
    if chosen == "int8":
        return f"--engine auto will take it: {passed}."
    return (
        f"--engine auto will not take it on this processor, where {chosen} passed its check and comes first; it "
        f"will on processors without bfloat16: {passed}."
    )
