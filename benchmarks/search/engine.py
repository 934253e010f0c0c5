"""What the benchmark asks of a way to search."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Space = Literal["reduced", "full"]
"""Which vectors an engine is built from: a bundle's reduced ones, or the embeddings before their reduction."""


_WARM_ROWS = 1_000


class Engine(ABC):
    """An index over N rows, built by its constructor."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes of all that it keeps to answer, the vectors included."""

    @abstractmethod
    def nearest(self, query: NDArray[Any], k: int) -> NDArray[np.int64]:
        """The rows that it finds most similar by cosine, best first: (k,) int64, fewer where it finds fewer.

        Args:
            query: (D,), of length 1, of the engine's space, or a row of what `prepared` returned.
            k: 1 to N.
        """

    def prepared(self, queries: NDArray[np.float32]) -> NDArray[Any]:
        """Queries as `nearest` takes them, (Q, D'); made beforehand and not timed.

        Args:
            queries: (Q, D) float32.
        """
        return queries

    @property
    def own_rows(self) -> NDArray[Any] | None:
        """The (N, D') rows that it compares prepared queries with; None for those that it was built from."""
        return None


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to search that a user can select.

    Attributes:
        name: what `--engines` takes.
        title: what it is, in a few words.
        space: what it is built from.
        build: makes it of (N, D) float32 rows of length 1.
        module: what must be importable, or "" where nothing else is needed.
        package: what installs that.
    """

    name: str
    title: str
    space: Space
    build: Callable[[NDArray[np.float32]], Engine]
    module: str = ""
    package: str = ""

    def warm_up(self, vectors: NDArray[np.float32]) -> None:
        """Import, compile and start what any number of vectors needs, on some of them."""
        some = np.array(vectors[:_WARM_ROWS])
        engine = self.build(some)
        engine.nearest(engine.prepared(some[:1])[0], 1)
