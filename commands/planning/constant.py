"""A figure behind a plan."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["measured", "default", "chosen"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A figure, with the page and the words that it comes from.

    Attributes:
        name: what plans call it.
        value: in its unit.
        unit: `bytes`, `seconds`, `items` or another plural noun.
        kind: measured here, the default of a setting or a limit, or chosen so that there is room.
        page: page that gives it, below `docs/`.
        quote: words of that page that hold the figure.
        says: what it is.
    """

    name: str
    value: float
    unit: str
    kind: Kind
    page: str
    quote: str
    says: str
