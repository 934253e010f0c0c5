"""The precision in which an engine runs a network's graph on the CPU, and why."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from contracts.errors import CatalogueError
from contracts.networks import is_foreign
from model.description import Description
from model.engines.kept_checks import kept_check
from model.engines.precision_check import PrecisionCheck
from model.engines.processor import computes_bfloat16, computes_int8

if TYPE_CHECKING:
    from model.engines.openvino_engine import GraphPrecision

GraphEngineName = Literal["openvino", "onnxruntime"]
GRAPH_PRECISIONS: "Final[dict[str, GraphPrecision]]" = {
    "float32": "float32",
    "bfloat16": "bfloat16",
    "mixed": "mixed",
    "int8": "int8",
}


def choose_precision(
    description: Description,
    engine: GraphEngineName,
    wanted: str,
    check: "Callable[[GraphPrecision], PrecisionCheck]",
) -> "tuple[GraphPrecision, str]":
    """The first of bfloat16, mixed and int8 that the processor has and the network passed its check in, else float32.

    Args:
        description: of a checkpoint with a graph.
        wanted: a precision, or `auto`.
        check: compares a precision with float32; called only where no check of it is kept.

    Returns:
        The precision, and why it and no other, as part of a sentence; empty where there was nothing to choose.
    """
    if wanted != "auto":
        return GRAPH_PRECISIONS[wanted], f"{wanted} was asked for"
    candidates, refusals = _candidates(description, engine)
    for candidate in candidates:
        try:
            found = kept_check(description, check_name(engine, candidate), lambda name=candidate: check(name))  # type: ignore[misc]
        except CatalogueError as error:
            return "float32", f"{candidate} could not be checked ({error})"
        if found.passed:
            return candidate, ", ".join([f"it passed its check ({figures(found)})", *refusals])
        refusals.append(f"{candidate} failed its check ({figures(found)})")
    return "float32", ", ".join(refusals)


def check_name(engine: GraphEngineName, precision: str) -> str:
    """What a kept check is called: engines round int8 differently, so each has one of its own."""
    return f"{precision}-{engine}" if precision == "int8" else precision


def figures(check: PrecisionCheck) -> str:
    """A check in words."""
    return (
        f"cosine median {check.cosine_median:.5f} and minimum {check.cosine_minimum:.4f}, "
        f"overlap of the ten nearest {check.overlap:.3f}"
    )


def _candidates(description: Description, engine: GraphEngineName) -> "tuple[list[GraphPrecision], list[str]]":
    """Precisions that are available, fastest first, and why the others cannot."""
    candidates: list[GraphPrecision] = []
    refusals = []
    if engine == "openvino":
        if is_foreign(description.network):
            # OpenVINO 2026.4 computes a vision transformer of timm wrongly in bfloat16, and sometimes the process dies,
            # which no check survives.
            refusals.append("only our own architectures are known to run in bfloat16")
        elif computes_bfloat16():
            candidates += ["bfloat16", "mixed"]
        else:
            refusals.append("the processor has no bfloat16")
    if description.int8_graph is not None:
        if computes_int8():
            candidates.append("int8")
        else:
            refusals.append("the processor has no VNNI, which int8 needs")
    return candidates, refusals
