"""What an object store says of an object, and what is wrong if it says something else later.

StoreUnavailableError
├── ObjectChangedError
└── ObjectTakenError
"""

from dataclasses import dataclass

from contracts.errors import StoreUnavailableError


class ObjectChangedError(StoreUnavailableError):
    """An object was replaced while it was read, or it is not of the size that it should have."""


class ObjectTakenError(StoreUnavailableError):
    """An object was written by somebody else meanwhile, so it was not written here."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What a store says of an object.

    Attributes:
        bytes: its size.
        etag: changes whenever the content does; None if the store has none.
    """

    bytes: int
    etag: str | None
