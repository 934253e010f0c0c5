"""Mapping arrays that lie on disk."""

import tokenize
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def map_array(path: Path) -> NDArray[Any]:
    """Map a .npy file read-only; verify its size and SHA-256 first, for a torn file kills who reads it.

    Raises:
        ValueError: it holds no array, Python objects, or less than its header says.
        OSError: it cannot be opened.
    """
    try:
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except (TypeError, OverflowError, EOFError, SyntaxError, tokenize.TokenError) as error:
        raise ValueError(f"it is no .npy file: {error}") from error
    return array
