"""Items as the database holds them, and the changes to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.changed_item import ChangedItem
from contracts.errors import LookalikeError

Crop = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item after its last change.

    Attributes:
        id: in one form.
        number: its place in catalogue order; no other item ever gets it. An item that is deleted and put again gets a
            new one.
        version: 1 at first, one more with each change, also over a deletion.
        sequence: of its last change.
        deleted: whether it is gone; then it has no attributes.
        image: `sha256:<hex>` in the picture store, else a path below the catalogue's root.
        crop: (x1, y1, x2, y2) in pixels, or None.
        content: 32 bytes: what its embedding was made from, the SHA-256 of the picture's bytes and the crop.
        attributes: in one form, without empty values and `NA`.
    """

    id: str
    number: int
    version: int
    sequence: int
    deleted: bool
    image: str
    crop: Crop | None
    content: bytes
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Put:
    """An item as it shall be, whether it exists or not.

    Attributes:
        id: in one form.
        image: as in `StoredItem`.
        crop: as in `StoredItem`.
        content: as in `StoredItem`.
        attributes: they replace all that it had.
        embedding: (512,) float32; None: the database has one for this content.
        model: version of the network that made the embedding, or whose embedding there must be.
    """

    id: str
    image: str
    crop: Crop | None
    content: bytes
    attributes: Mapping[str, str]
    embedding: NDArray[np.float32] | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Patch:
    """Changed attributes of an item: each replaces the one of its name; None removes it."""

    id: str
    attributes: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Delete:
    """An item that shall be gone."""

    id: str


Change = Put | Patch | Delete


@dataclass(frozen=True, slots=True)
class Expected:
    """What an item must be for a change to happen.

    Attributes:
        versions: one of which it must have; None: any. Empty: none can match.
        present: whether there must be such an item; it must where there are versions.
        absent: whether there must be none.
    """

    versions: frozenset[int] | None = None
    present: bool = False
    absent: bool = False


ANYTHING: Final = Expected()


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did.

    Attributes:
        item: after it.
        sequence: of the item's last change; a new one if `changed`.
        changed: whether the item is another one now.
        created: whether there was no such item before.
    """

    item: StoredItem
    sequence: int
    changed: bool
    created: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that a client wants, and what it expects of the item."""

    change: Change
    expected: Expected


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after some sequence number, as one moment saw it.

    Attributes:
        sequence: of the newest change at that moment.
        items: each changed item once, in its newest state, by (sequence, number).
        lacking: ids of changed items without an embedding by the network that was asked for; not among `items`.
    """

    sequence: int
    items: Sequence[ChangedItem]
    lacking: Sequence[str]


@dataclass(frozen=True, slots=True)
class WrittenTogether:
    """What one transaction did for several clients.

    Attributes:
        outcomes: of each wanted change, in their order: what it did, or why it was refused; the others stand then.
        changes: everything that changed after a sequence number, these among them.
    """

    outcomes: Sequence[Written | LookalikeError]
    changes: Changes
