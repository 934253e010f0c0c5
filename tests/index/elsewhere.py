"""A part that answers as an engine does: nothing of it may be reached but what `Part` and `BasePart` have."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.bundle_part import BundlePart

_MEMBERS = {
    *("kinds", "columns", "first_places", "describe", "find_values", "has_value", "not_a_number", "number"),
    *("numbers_of", "holds", "numbers_at", "vectors", "listed", "record", "warm_up"),
}
_OF_CANDIDATES = {
    *("count", "nearest", "scores", "count_values", "groups", "values", "count_groups", "group_values"),
    *("page", "numbers", "mask"),
}


class Elsewhere:
    """A bundle's part as if another process held it.

    Attributes:
        asked: how often each member was used, also of parts that were made of this one.
    """

    remote = True

    def __init__(self, part: BundlePart, asked: Counter[str] | None = None) -> None:
        self._held = part
        self.asked = Counter[str]() if asked is None else asked

    def __len__(self) -> int:
        return len(self._held)

    def __getattr__(self, name: str) -> Any:
        if name not in _MEMBERS:
            raise AttributeError(name)
        member = getattr(self._held, name)
        if not callable(member):
            self.asked[name] += 1
            return member

        def asking(*arguments: Any) -> Any:
            self.asked[name] += 1
            return member(*arguments)

        return asking

    def without(self, numbers: NDArray[np.int64]) -> "Elsewhere":
        return Elsewhere(self._held.without(numbers), self.asked)

    def candidates(self, *args: Any) -> "_Candidates":
        return _Candidates(self._held.candidates(*args), self.asked)


class _Candidates:
    def __init__(self, held: Any, asked: Counter[str]) -> None:
        self._held = held
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        if name not in _OF_CANDIDATES:
            raise AttributeError(name)
        self._asked[name] += 1
        return getattr(self._held, name)

    def reranked(self, *_: object) -> None:
        return None

    def at_least(self, *args: Any) -> "_Candidates":
        return _Candidates(self._held.at_least(*args), self._asked)

    def only(self, numbers: NDArray[np.int64]) -> "_Candidates":
        return _Candidates(self._held.only(numbers), self._asked)
