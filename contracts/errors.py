"""The error tree.

LookalikeError                 the message is written for people and says what to do
├── CatalogueError             a list, row or id of a catalogue is wrong
├── ModelError                 weights or a checkpoint are unavailable, damaged, or do not match the network
├── EmbeddingsError            an embeddings folder is missing, damaged, in use, or from another model
├── BundleError                an index bundle is missing, damaged or cannot be built
├── DatabaseError              the live catalogue's database is wrong for good: no such one, a newer schema
├── DatabaseUnavailableError   it cannot be reached or written now; a later try may succeed
├── StoreUnavailableError      the picture store cannot be read or written now
├── PreconditionError          an item is not in the version that a write named
├── AttributesError            attributes of an item that are not stored: too many, too long, or no text
├── EmbeddingMissingError      an item was to be stored without an embedding, and its content has none yet
├── LeaseLostError             an import that another process has taken over
├── FeedError                  a product feed cannot be read at all
├── UrlRefusedError            an address that nothing is fetched from
├── UnreachableError           an address from which nothing usable came
├── LaunchError                a process, port or service cannot be started
├── BenchmarkError             a benchmark cannot be run with these options
├── FilterError                a filter names an unknown field or cannot be parsed
├── UnknownItemError           no item has the id that was asked for
└── PictureRejected            a picture that cannot be embedded; sent to the API as a *value*
"""

from typing import Literal

RejectionCode = Literal[
    "image_too_large", "unsupported_media_type", "image_unreadable", "image_too_small", "invalid_box"
]


class LookalikeError(Exception):
    """Base of all errors that this project raises on purpose; the message is shown to people unchanged."""


class CatalogueError(LookalikeError):
    """A catalogue cannot be read; the message names the file, the line and the fix."""


class ModelError(LookalikeError):
    """Weights or a checkpoint are unavailable, damaged, or belong to another network."""


class EmbeddingsError(LookalikeError):
    """An embeddings folder is missing, damaged, locked by another process, or from another model."""


class BundleError(LookalikeError):
    """An index bundle is missing, damaged, or cannot be built from these embeddings."""


class DatabaseError(LookalikeError):
    """The database of the live catalogue cannot be used: it does not exist, or its schema is a newer one."""


class DatabaseUnavailableError(LookalikeError):
    """The database cannot be reached, read or written at the moment; nothing was changed."""


class EngineError(LookalikeError):
    """A search engine cannot be used: its address is wrong, or it lacks the version or what it takes to hold one."""


class SearchUnavailableError(LookalikeError):
    """A search engine cannot be reached, or does not answer in time, at the moment."""


class StoreUnavailableError(LookalikeError):
    """An object store, or another store of pictures, cannot be reached, read or written at the moment."""


class PreconditionError(LookalikeError):
    """An item does not have the version that a write named, so nothing was changed."""


class AttributesError(LookalikeError):
    """Attributes of an item that are not stored: too many, too long, or no text; nothing was changed."""


class EmbeddingMissingError(LookalikeError):
    """An item was to be stored without an embedding, and its content has none; nothing was changed."""


class LeaseLostError(LookalikeError):
    """An import was taken over by another process, or is finished; nothing was changed."""


class FeedError(LookalikeError):
    """A product feed cannot be read at all; the message names the place and the fix."""


class UrlRefusedError(LookalikeError):
    """An address that nothing is fetched from: its host is not allowed, or it leads into a private network."""


class UnreachableError(LookalikeError):
    """Nothing usable came from an address: no answer in time, an error, or something else than was expected."""


class LaunchError(LookalikeError):
    """A required process, port or service is unavailable."""


class BenchmarkError(LookalikeError):
    """A benchmark cannot be run with these options; the message names the option and the fix."""


class FilterError(LookalikeError):
    """A filter names an unknown field or cannot be parsed."""


class UnknownItemError(LookalikeError):
    """No item of a catalogue has the id that was asked for.

    Attributes:
        item_id: the id.
    """

    def __init__(self, item_id: str) -> None:
        super().__init__(f"no item of the index has the id {item_id!r:.120}")
        self.item_id = item_id


class PictureRejected(LookalikeError):
    """A picture cannot be embedded; `code` is the HTTP contract's code for the reason."""

    def __init__(self, code: RejectionCode, detail: str) -> None:
        super().__init__(detail)
        self.code: RejectionCode = code
        self.detail = detail
