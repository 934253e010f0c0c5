"""Where each tensor lies in a safetensors file."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

# The format itself allows 100 MB; a network's header has some kilobytes.
_MOST_HEADER_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class TensorPlace:
    """One tensor.

    Attributes:
        dtype: as safetensors names it, such as `F16`.
        offset, length: of its bytes in the file.
    """

    dtype: str
    shape: tuple[int, ...]
    offset: int
    length: int


def tensor_places(path: Path) -> dict[str, TensorPlace]:
    """The tensors of a file by name.

    Raises:
        ValueError: the file is damaged, or says that a tensor lies outside it.
        OSError: it cannot be read.

    Source: https://huggingface.co/docs/safetensors, "Format".
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8).ljust(8, b"\0"))
        if not 2 <= length <= min(_MOST_HEADER_BYTES, size - 8):
            raise ValueError(f"{path.name} is no safetensors file")
        header = json.loads(stream.read(length))
    start = 8 + length
    places = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, end = entry["data_offsets"]
        if not 0 <= first <= end <= size - start:
            raise ValueError(f"{path.name} says that {name!r:.80} lies outside it")
        places[name] = TensorPlace(entry["dtype"], tuple(entry["shape"]), start + first, end - first)
    return places
