"""Notices a database that neither answers nor refuses."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from contracts.errors import DatabaseUnavailableError

# A server whose packets are lost says nothing, and the network gives its connections up later than this.
_SILENT_S: Final = 3.0


@contextmanager
def known_when_silent(shown: str, went_away: Callable[[Exception], None]) -> Iterator[None]:
    """Tell of a question, asked in the block, that is not answered in time; it is waited for all the same.

    Args:
        shown: the address of the database, without its password.
        went_away: called with what is wrong.
    """
    error = DatabaseUnavailableError(
        f"the database {shown} has not answered for {_SILENT_S:g} s; look whether it can be reached from here"
    )
    silent = asyncio.get_running_loop().call_later(_SILENT_S, went_away, error)
    try:
        yield
    finally:
        silent.cancel()
