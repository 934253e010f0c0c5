"""The model version: only embeddings of the same version can be compared."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.preprocessing import Preprocessing

# Versions name files, queues and keys, so they have no slash and no colon, and are not long.
_NOT_IN_VERSIONS = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)
_MOST_NAME_CHARACTERS = 80


def model_version(network: str, weights: Mapping[str, NDArray[Any]], preprocessing: Preprocessing) -> str:
    """Network name, `-`, and 12 hexadecimal digits of sha256(weights, canonical JSON of the preprocessing).

    In the name, `-` stands for characters that files and queues should not have: `timm-resnet10t.c3_in1k-1a2b...`.

    Args:
        network: name of the architecture.
        weights: tensors by their name. Half precision is widened first, as a network does when it is loaded.
        preprocessing: that the network was trained with.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        wide = tensor.astype(np.float32) if tensor.dtype == np.float16 else tensor
        # Versions name the types as torch does, which made the first ones.
        digest.update(f"{name}:torch.{wide.dtype}:{tuple(wide.shape)};".encode())
        digest.update(np.ascontiguousarray(wide).data)
    digest.update(preprocessing.canonical_json().encode())
    name = _NOT_IN_VERSIONS.sub("-", network)[:_MOST_NAME_CHARACTERS]
    return f"{name}-{digest.hexdigest()[:12]}"
