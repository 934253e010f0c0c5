"""The model version: only embeddings of the same version can be compared."""

import hashlib

from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing


def model_version(network: LookalikeNetwork, preprocessing: Preprocessing) -> str:
    """Network name, `-`, and 12 hexadecimal digits of sha256(weights, canonical JSON of the preprocessing)."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)};".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    digest.update(preprocessing.canonical_json().encode())
    return f"{network.name}-{digest.hexdigest()[:12]}"
