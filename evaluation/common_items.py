"""Two sets of embeddings of one catalogue, cut down to the items that both have."""

from dataclasses import dataclass, replace

import numpy as np

from contracts.errors import EmbeddingsError
from evaluation.evaluated_set import EvaluatedSet


@dataclass(frozen=True, slots=True)
class Common:
    """The items that two sets share, in the order of the first, with the first's attributes.

    Attributes:
        one, other: the two sets.
        only_one, only_other: number of items that only one of them had.
        changed: number of items left out because their picture is not the same in both.
    """

    one: EvaluatedSet
    other: EvaluatedSet
    only_one: int
    only_other: int
    changed: int

    def left_out(self, what: str) -> str | None:
        """A sentence on what was left out; None if nothing was."""
        if not self.only_one + self.only_other + self.changed:
            return None
        changed = f"; {self.changed:,} with another picture in each" if self.changed else ""
        return (
            f"The comparison is over the {len(self.one.items):,} {what} that both folders have. Left out: "
            f"{self.only_one:,} that only the evaluated one has, {self.only_other:,} that only the other has{changed}."
        )


def common_items(one: EvaluatedSet, other: EvaluatedSet, *, what: str) -> Common:
    """Keep the items with the same id and the same picture.

    Args:
        what: `gallery items` or `queries`, for the error message.

    Raises:
        EmbeddingsError: there are none.
    """
    place = {item.id: row for row, item in enumerate(other.items)}
    shared = [(row, place[item.id]) for row, item in enumerate(one.items) if item.id in place]
    pictures, others = one.pictures, other.pictures
    # A picture is unknown where embeddings were written without digests.
    kept = [
        (row, at) for row, at in shared if pictures[row] is None or others[at] is None or pictures[row] == others[at]
    ]
    if not kept:
        raise EmbeddingsError(
            f"the two folders have no {what} in common, of {len(one.items):,} and {len(other.items):,} (an item is the "
            "same if id and picture are); name embeddings of the same catalogue with --against"
        )
    rows, places = ([pair[side] for pair in kept] for side in (0, 1))
    first, second = one.rows(rows), other.rows(places)
    relabelled = replace(second.embeddings, items=first.items, embeddings=np.asarray(second.embeddings.embeddings))
    return Common(
        first,
        replace(second, embeddings=relabelled),
        len(one.items) - len(shared),
        len(other.items) - len(shared),
        len(shared) - len(kept),
    )
