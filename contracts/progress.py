"""How long work says how far it is, whoever shows it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """Takes how much is done of how much in all, and figures such as the last loss as a short text."""

    def __call__(self, done: int, total: int, figures: str = "", /) -> None:
        """Show it."""


ProgressBar = Callable[[str, str], AbstractContextManager[Progress]]
"""Opens a bar of its own for one piece of work, given a label and what is counted, singular."""


def unseen(_done: int, _total: int, _figures: str = "", /) -> None:
    """Progress that nobody watches."""


@contextmanager
def silent(_label: str, _unit: str) -> Iterator[Progress]:
    """A progress bar that shows nothing."""
    yield unseen
