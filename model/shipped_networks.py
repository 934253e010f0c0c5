"""The trained networks that ship with the project, with model cards beside the weights. Does not import torch."""

import json
from pathlib import Path

from contracts.networks import OFFLINE_NETWORK, SHIPPED_NETWORK

SHIPPED = "shipped"
_FOLDER = Path(__file__).parent / "shipped"
SHIPPED_FOLDERS = {
    SHIPPED: _FOLDER / SHIPPED_NETWORK,
    f"{SHIPPED}:{OFFLINE_NETWORK}": _FOLDER / OFFLINE_NETWORK,
}


def shipped_version() -> str:
    """Model version of the default network."""
    return str(json.loads((SHIPPED_FOLDERS[SHIPPED] / "checkpoint.json").read_text())["version"])
