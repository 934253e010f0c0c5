"""What the rest of the code knows of a backbone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.preprocessing import Fit


@dataclass(frozen=True, slots=True)
class BackboneSpec:
    """A backbone: what it is called, how it wants its pictures, and how wide its output is.

    Attributes:
        features: channels of the last feature map, which is the width of the pooled vector.
        mean, std: per RGB channel, the normalisation of its own training, for values 0 to 1.
        input_size: side of the square pictures of that training, pixels.
        fit: how that training fitted pictures into the square.
        architecture: what else is needed to build it without its weights' repository, JSON types; None where the name
            is enough.
    """

    name: str
    features: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    input_size: int = 224
    fit: Fit = "unframe"
    architecture: Mapping[str, Any] | None = None
