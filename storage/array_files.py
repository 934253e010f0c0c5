"""Memory-mapping arrays on disk."""

import tokenize
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from storage.array_headers import ONE_HEADER_AT_A_TIME

# What NumPy's parser of headers raises for damaged bytes, besides ValueError.
_DAMAGE: Final = (
    TypeError,
    OverflowError,
    EOFError,
    SyntaxError,
    tokenize.TokenError,
    RecursionError,
    MemoryError,
)


def map_array(path: Path) -> NDArray[Any]:
    """Map a .npy file read-only.

    The caller must verify its size and SHA-256 first: reading past the end of a truncated file kills the process.

    Raises:
        ValueError: the file is not an array, contains Python objects, or is shorter than its header says.
        OSError: the file cannot be opened.
    """
    try:
        with ONE_HEADER_AT_A_TIME:
            array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except _DAMAGE as error:
        raise ValueError(f"it is not a .npy file: {error}") from error
    return array
