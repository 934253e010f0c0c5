"""The interface of the search engines that the benchmark compares."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Space = Literal["reduced", "full"]
"""The vectors that an engine is built from: a bundle's reduced ones, or the embeddings before reduction."""


_WARM_ROWS = 1_000


class Engine(ABC):
    """An index over N rows, built by its constructor."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes of everything it keeps to answer queries, including the vectors."""

    @abstractmethod
    def nearest(self, query: NDArray[Any], k: int) -> NDArray[np.int64]:
        """The rows that it finds most similar by cosine, best first: (k,) int64, or fewer.

        Args:
            query: (D',), a row of what `prepared` returned.
            k: 1 to N.
        """

    def prepared(self, queries: NDArray[np.float32]) -> NDArray[Any]:
        """Queries in the form that `nearest` takes, (Q, D'); prepared in advance and not timed.

        Args:
            queries: (Q, D) float32, of length 1, in the engine's space.
        """
        return queries

    @property
    def own_rows(self) -> NDArray[Any] | None:
        """The (N, D') rows that it compares prepared queries with; None if these are the rows it was built from."""
        return None


@dataclass(frozen=True, slots=True)
class Kind:
    """An engine that a user can select.

    Attributes:
        name: for `--engines`.
        title: a description in a few words.
        space: the vectors that it is built from.
        build: builds it from (N, D) float32 rows of length 1.
        module: the module that must be importable, or "" if none is needed.
        package: the package that installs the module.
    """

    name: str
    title: str
    space: Space
    build: Callable[[NDArray[np.float32]], Engine]
    module: str = ""
    package: str = ""

    def warm_up(self, vectors: NDArray[np.float32]) -> None:
        """Run once on some of the vectors, so that imports, compilation and start-up are not measured."""
        some = np.array(vectors[:_WARM_ROWS])
        engine = self.build(some)
        engine.nearest(engine.prepared(some[:1])[0], 1)
