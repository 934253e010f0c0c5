"""Waiting until an API searches with machine code, so that no figure is of the time before."""

import time
from collections.abc import Mapping
from typing import Final

from benchmarks.served import get
from contracts.errors import LaunchError

# Machine code that is missing is compiled while NumPy searches.
_TIMEOUT_S: Final = 120.0


def wait_for_machine_code(address: str, headers: Mapping[str, str] | None = None) -> None:
    """Ask an API until its search is compiled.

    Raises:
        LaunchError: it is not within two minutes.
    """
    deadline = time.monotonic() + _TIMEOUT_S
    while b"lookalike_search_compiled 1.0" not in get(f"{address}/metrics", headers):
        if time.monotonic() > deadline:
            raise LaunchError(f"the API at {address} has not compiled its search within {_TIMEOUT_S:.0f} s")
        time.sleep(0.2)
