"""The members of lists such as `S|M|L`, and which lists have them."""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

SEPARATOR: Final = "|"


@dataclass(frozen=True, slots=True)
class ListMembers:
    """The members of some lists.

    Attributes:
        names: the distinct members, sorted by code point, M.
        lists: (P,) int32, one list for each membership, in the order of members.
        members: (P,) int32, the member of each membership, rising.
        begins: (M + 1,) int64, where the memberships of each member begin.
    """

    names: list[str]
    lists: NDArray[np.int32]
    members: NDArray[np.int32]
    begins: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """The members of the lists in some texts."""
        lists: list[int] = []
        found: list[int] = []
        places: dict[str, int] = {}
        for number, text in enumerate(texts):
            for name in split_list(text):
                lists.append(number)
                found.append(places.setdefault(name, len(places)))
        names = sorted(places)
        rank = np.empty(len(names), np.int32)
        rank[[places[name] for name in names]] = np.arange(len(names), dtype=np.int32)
        members = rank[np.array(found, np.int64)]
        order = np.argsort(members, kind="stable")
        members = members[order]
        begins = np.searchsorted(members, np.arange(len(names) + 1)).astype(np.int64)
        return cls(names, np.array(lists, np.int32)[order], members, begins)

    def tally(self, counts: NDArray[np.integer]) -> NDArray[np.int64]:
        """Counts of lists as counts of members, (M,) int64."""
        # Sums of counts of items are exact in float64.
        return np.bincount(self.members, weights=counts[self.lists], minlength=len(self.names)).astype(np.int64)

    def mark(self, names: Iterable[str], lists: int) -> NDArray[np.bool_]:
        """Which of the lists have one of some members, (lists,) bool."""
        marked = np.zeros(lists, np.bool_)
        for name in names:
            place = bisect.bisect_left(self.names, name)
            if place < len(self.names) and self.names[place] == name:
                marked[self.lists[self.begins[place] : self.begins[place + 1]]] = True
        return marked


def split_list(text: str) -> list[str]:
    """The members of one list, without edge spaces, empty ones and repetitions."""
    stripped = (member.strip() for member in text.split(SEPARATOR))
    return list(dict.fromkeys(member for member in stripped if member))
