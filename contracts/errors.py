"""The error tree.

LookalikeError                 the message is for a person and says what to do now
├── CatalogueError             a list, row or id of a catalogue is wrong
├── ModelError                 weights or a checkpoint cannot be had, are torn, or do not fit
├── EmbeddingsError            an embeddings folder is missing, damaged, in use, or of another model
├── BundleError                an index bundle is missing, damaged or cannot be built
├── LaunchError                a process, port or service cannot be started
├── BenchmarkError             a benchmark cannot be run as it was asked for
├── FilterError                a filter names an unknown field or cannot be parsed
├── UnknownItemError           no item has the id that was asked for
└── PictureRejected            a picture that is not answered with an embedding; a *value* on the wire
"""

from typing import Literal

RejectionCode = Literal[
    "image_too_large", "unsupported_media_type", "image_unreadable", "image_too_small", "invalid_box"
]


class LookalikeError(Exception):
    """Base of all errors this project raises on purpose; its text is shown to people as it is."""


class CatalogueError(LookalikeError):
    """A catalogue cannot be read: names the file, the line and the mend."""


class ModelError(LookalikeError):
    """Weights or a checkpoint cannot be had, are torn, or belong to another network."""


class EmbeddingsError(LookalikeError):
    """An embeddings folder is missing, damaged, locked by another process, or of another model."""


class BundleError(LookalikeError):
    """An index bundle is missing, damaged, or cannot be built from these embeddings."""


class LaunchError(LookalikeError):
    """A process, a port or a service that is needed cannot be had."""


class BenchmarkError(LookalikeError):
    """A benchmark cannot be run so: names the option and the mend."""


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
    """A picture that cannot be embedded, with the code of the HTTP contract that says why."""

    def __init__(self, code: RejectionCode, detail: str) -> None:
        super().__init__(detail)
        self.code: RejectionCode = code
        self.detail = detail
