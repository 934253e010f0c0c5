"""The descriptions of an index's columns, made when they are first asked for."""

from collections.abc import Mapping
from functools import cached_property

import orjson

from api.items.columns import described
from index.searcher import Searcher


class ColumnsOnDemand:
    """What `GET /attributes` answers. Describing all columns takes longer than a change, and few ask for it.

    Two threads that ask first at the same time both do the work, and come to the same result.

    Args:
        searcher: of the index.
    """

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    @cached_property
    def by_name(self) -> Mapping[str, Mapping[str, object]]:
        """The description of each column."""
        return {column.name: described(column) for column in self._searcher.attributes()}

    @cached_property
    def json(self) -> orjson.Fragment:
        """All of them, the `attributes` member of the answer."""
        return orjson.Fragment(orjson.dumps(self.by_name))
