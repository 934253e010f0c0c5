"""An item of the live catalogue as search needs it, after one change."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.items import Item


@dataclass(frozen=True, slots=True, eq=False)
class ChangedItem:
    """The state of an item at some sequence number.

    Attributes:
        id: of the item, in one form.
        number: its place in catalogue order, 0 or more; no other item ever has it.
        sequence: of the change that led to this state.
        item: the item; None: it was deleted.
        embedding: (512,) float32, not normalised, by the model that the changes were asked for; None if it was deleted.
    """

    id: str
    number: int
    sequence: int
    item: Item | None
    embedding: NDArray[np.float32] | None
