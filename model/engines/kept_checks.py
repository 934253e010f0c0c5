"""Checks of a network's precisions, made once and kept beside the checkpoint."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from model.cache_folder import cache_folder
from model.description import Description
from model.engines.precision_check import PrecisionCheck
from storage.durable_files import replace_file
from storage.sealed_json import parse_sealed, render_sealed
from storage.small_files import read_small

CHECK: Final = "check.json"
_MOST_BYTES = 10_000


def kept_check(description: Description, precision: str, make: Callable[[], PrecisionCheck]) -> PrecisionCheck:
    """The check of a network in one precision.

    Args:
        description: of a checkpoint with a graph.
        precision: such as `bfloat16`; one that begins with `int8` is checked again for another int8 graph.
        make: checks now; called only where no check of this graph is kept. Its result is kept beside the checkpoint,
            or in the user's cache folder where that cannot be written to.
    """
    name = f"{description.version}.{precision}.{CHECK}"
    cache = cache_folder()
    files = [folder / name for folder in (description.folder, cache) if folder is not None]
    seal = description.graph_in(precision)
    graph = "" if seal is None else seal.sha256
    for file in files:
        check = _read(file, graph)
        if check is not None:
            return check
    check = make()
    for file in files:
        try:
            replace_file(file, render_sealed({"graph": graph, **asdict(check), "passed": check.passed}))
        except OSError:
            continue
        break
    return check


def _read(file: Path, graph: str) -> PrecisionCheck | None:
    """A kept check; None if there is none, it is damaged, or it is of another graph."""
    try:
        fields = parse_sealed(read_small(file, most_bytes=_MOST_BYTES))
        if fields["graph"] != graph:
            return None
        # What passes is decided by the limits of today, so the verdict in the file is for people.
        return PrecisionCheck(
            int(str(fields["pictures"])),
            *(float(str(fields[name])) for name in ("cosine_median", "cosine_minimum", "overlap")),
        )
    except (OSError, KeyError, TypeError, ValueError):
        return None
