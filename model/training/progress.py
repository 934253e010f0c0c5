"""How a training says how far it is."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """Takes what is done of how much, and figures such as the last loss as a short text."""

    def __call__(self, done: int, total: int, figures: str = "", /) -> None:
        """Show it."""


ProgressBar = Callable[[str, str], AbstractContextManager[Progress]]


@contextmanager
def silent(_label: str, _unit: str) -> Iterator[Progress]:
    """A progress bar that shows nothing."""

    def ignore(_done: int, _total: int, _figures: str = "", /) -> None:
        return

    yield ignore
