"""What a collection says about the version in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.errors import EngineError
from engines.engine import HeldVersion, Shard
from engines.qdrant.held_columns import HeldColumn
from index.scoring import Scoring

KEY: Final = "lookalike"
"""Under which the notes stand in a collection's metadata."""

LAYOUT: Final = 1
"""Of collections; another one cannot be read."""


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of a version.

    Attributes:
        version: name of the bundle.
        items: number of items when it is complete.
        complete: whether all of it is there.
        approximate: whether it was loaded with an approximate index.
        recall: of that index, as measured; None: not measured.
        components, dimensions: of reduced and of full embeddings.
        scoring: of items by their full embeddings.
        shard: the items that were loaded.
        even: the first number and the step of evenly spaced numbers; None: they are not.
        columns: of the items.
    """

    version: str
    items: int
    complete: bool
    approximate: bool
    recall: float | None
    components: int
    dimensions: int
    scoring: Scoring
    shard: Shard
    even: tuple[int, int] | None
    columns: Sequence[HeldColumn]

    def to_metadata(self) -> dict[str, Any]:
        """The metadata of the collection."""
        return {
            KEY: {
                "layout": LAYOUT,
                "version": self.version,
                "items": self.items,
                "complete": self.complete,
                "approximate": self.approximate,
                "recall": self.recall,
                "components": self.components,
                "dimensions": self.dimensions,
                "scoring": [self.scoring.first, self.scoring.near],
                "shard": [self.shard.place, self.shard.count],
                "even": None if self.even is None else list(self.even),
                "columns": [column.to_json() for column in self.columns],
            }
        }

    def held(self, loaded: int) -> HeldVersion:
        """The version for an operator, of whose items so many are there."""
        return HeldVersion(self.version, self.items, loaded, self.complete, self.approximate, self.recall, self.shard)


def read_notes(metadata: Mapping[str, Any] | None, collection: str) -> Notes | None:
    """The notes of a collection; None: Lookalike did not make it.

    Raises:
        EngineError: another release of Lookalike made it.
    """
    noted = (metadata or {}).get(KEY)
    if noted is None:
        return None
    try:
        if noted["layout"] != LAYOUT:
            raise ValueError(f"layout {noted['layout']}")
        return Notes(
            version=str(noted["version"]),
            items=int(noted["items"]),
            complete=bool(noted["complete"]),
            approximate=bool(noted["approximate"]),
            recall=None if noted["recall"] is None else float(noted["recall"]),
            components=int(noted["components"]),
            dimensions=int(noted["dimensions"]),
            scoring=Scoring(int(noted["scoring"][0]), float(noted["scoring"][1])),
            shard=Shard(int(noted["shard"][0]), int(noted["shard"][1])),
            even=None if noted["even"] is None else (int(noted["even"][0]), int(noted["even"][1])),
            columns=[HeldColumn.of_json(place, column) for place, column in enumerate(noted["columns"])],
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise EngineError(
            f"the collection {collection} was made by another release of Lookalike ({error!s:.100}); remove it, and "
            "load the version again"
        ) from error
