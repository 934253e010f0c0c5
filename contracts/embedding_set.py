"""Embeddings of a catalogue's items, the model that made them, and the parts of an embedding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, get_args

import numpy as np
from numpy.typing import NDArray

from contracts.errors import EmbeddingsError
from contracts.hold_out import HeldOutBy
from contracts.items import Item
from contracts.search_defaults import COMPONENTS

EMBEDDING_DIMENSIONS: Final = 512
ONE_PART: Final[tuple[int, ...]] = (EMBEDDING_DIMENSIONS,)
# The first part is trained to tell what kind of thing a picture shows, the second which thing it is. The first is as
# wide as a reduced embedding, because the reduction is meant to keep that part.
TWO_PARTS: Final[tuple[int, ...]] = (COMPONENTS, EMBEDDING_DIMENSIONS - COMPONENTS)
_TEXTS = ("version", "network", "source")
_MEMBERS = {*_TEXTS, "input_size"}
_KNOWN_MEMBERS = (_MEMBERS | {"parts", "held_out_by"}, _MEMBERS | {"parts"}, _MEMBERS | {"two_parts"}, _MEMBERS)


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which network made an embedding; two embeddings compare only when their versions are equal.

    Attributes:
        version: network name + `-` + 12 hex of sha256(weights, canonical JSON of the preprocessing).
        network: architecture, such as `resnet50` or `efficientnet_lite0`.
        source: the value of --checkpoint that loads it again: a folder, or `imagenet:<network>`.
        input_size: side of the square input, pixels.
        parts: widths of the embedding's parts, in order: `ONE_PART`, or `TWO_PARTS` as `lookalike train` makes them
            by default.
        held_out_by: how its training held items out, see `contracts.hold_out`.
    """

    version: str
    network: str
    source: str
    input_size: int
    parts: tuple[int, ...] = ONE_PART
    held_out_by: HeldOutBy = "unknown"

    @classmethod
    def from_json(cls, fields: object) -> Self:
        """Parse the identity stored in a manifest, which is written by `dataclasses.asdict`.

        Older manifests lack `held_out_by`. Still older ones have `two_parts` (true or false) instead of `parts`; the
        oldest have neither and mean one part.

        Raises:
            ValueError: a member is missing, unknown, or of the wrong type.
        """
        if not isinstance(fields, dict) or fields.keys() not in _KNOWN_MEMBERS:
            raise ValueError(f"the model must be an object of {', '.join(_TEXTS)}, input_size, parts and held_out_by")
        if not all(type(fields[name]) is str for name in _TEXTS):
            raise ValueError(f"the model's {', '.join(_TEXTS)} must be texts")
        if type(fields["input_size"]) is not int or fields["input_size"] <= 0:
            raise ValueError("the model's input_size must be a whole number above 0")
        parts = parse_parts(fields["parts"]) if "parts" in fields else _older_parts(fields)
        held_out_by = fields.get("held_out_by", "unknown")
        if held_out_by not in get_args(HeldOutBy):
            raise ValueError(f"the model's held_out_by must be one of {', '.join(get_args(HeldOutBy))}")
        return cls(fields["version"], fields["network"], fields["source"], fields["input_size"], parts, held_out_by)


def parse_parts(value: object) -> tuple[int, ...]:
    """Parse the widths of an embedding's parts from JSON.

    Raises:
        ValueError: not a list of whole numbers above 0 that add up to 512.
    """
    if not isinstance(value, list) or not all(type(width) is int and width > 0 for width in value):
        raise ValueError(f"parts must be a list of whole numbers above 0, got {value!r:.80}")
    if sum(value) != EMBEDDING_DIMENSIONS:
        raise ValueError(f"parts must add up to {EMBEDDING_DIMENSIONS}, got {value!r:.80}")
    return tuple(value)


def _older_parts(fields: Mapping[str, object]) -> tuple[int, ...]:
    two_parts = fields.get("two_parts", False)
    if type(two_parts) is not bool:
        raise ValueError("the model's two_parts must be true or false")
    return TWO_PARTS if two_parts else ONE_PART


@dataclass(frozen=True, slots=True)
class EmbeddingSet:
    """The embeddings of one catalogue, row by row in catalogue order.

    Attributes:
        items: N items, ids unique.
        embeddings: (N, 512) float32, not normalised; may be memory-mapped.
        model: the model that made them.
        catalogue_root: absolute path of the folder that `Item.image` is relative to, or `s3://bucket/prefix`.

    Raises:
        EmbeddingsError: the embeddings are not float32 of that shape.
    """

    items: Sequence[Item]
    embeddings: NDArray[np.float32]
    model: ModelIdentity
    catalogue_root: str

    def __post_init__(self) -> None:
        expected = (len(self.items), EMBEDDING_DIMENSIONS)
        if self.embeddings.shape != expected or self.embeddings.dtype != np.float32:
            raise EmbeddingsError(
                f"embeddings must be float32 of shape {expected}; "
                f"got {self.embeddings.dtype} of shape {self.embeddings.shape}; run `lookalike extract` again"
            )
