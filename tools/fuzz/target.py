"""The interface of what is fuzzed."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

Check = Callable[[bytes], None]


class FaultError(Exception):
    """An input did what no input may do."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads untrusted bytes.

    Attributes:
        name: on the command line.
        opened: makes what is needed; inside, `check` reads one input. It returns if the input was read or refused as it
            should be, and raises anything else for a fault.
        seeds: real inputs, which are mutated; called inside `opened`.
        limit_s: processor time that one input may take, seconds.
    """

    name: str
    opened: Callable[[], AbstractContextManager[Check]]
    seeds: Callable[[], Sequence[bytes]]
    limit_s: float = 1.0
