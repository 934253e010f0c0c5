"""Files that a checkpoint's folder had for another version."""

from pathlib import Path
from typing import Final

from model.engines.kept_checks import CHECK
from model.graph import GRAPH

WEIGHTS: Final = "weights.safetensors"


def remove_stale(folder: Path, version: str) -> None:
    """Delete the weights, graphs and checks of all versions but one."""
    for ending in (WEIGHTS, GRAPH, CHECK):
        for stale in folder.glob(f"*.{ending}"):
            if not stale.name.startswith(f"{version}."):
                stale.unlink(missing_ok=True)
