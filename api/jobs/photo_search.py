"""A search by photo whose client does not wait: a job of one picture, which keeps what the search needs.

It keeps the question, not the answer: whoever reads the job searches the index that is served then. So a job takes
little memory, and its answer is as good as that of the photo itself.
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from contracts.box import Box
from contracts.embedding_reply import MAX_REPLY_BYTES, Embedded, parse_reply
from contracts.errors import PictureRejected

# Fields of the hash of a job's names.
SEARCH_FIELD: Final = "search"
REPLY_FIELD: Final = "reply"
# Its memory is set aside when the job is accepted.
NO_REPLY: Final = bytes(MAX_REPLY_BYTES)


@dataclass(frozen=True, slots=True)
class PhotoSearch:
    """What a search by photo needs.

    Attributes:
        query_string: of the request.
        box: the part of the photo to search for, or None.
        reply: the worker's, or None as long as there is none.
        detect: whether to find garments.
    """

    query_string: bytes
    box: Box | None
    reply: Embedded | None = None
    detect: bool = False

    def packed(self) -> bytes:
        """All but the reply, as it is stored."""
        box = self.box
        corners = None if box is None else [box.x1, box.y1, box.x2, box.y2]
        return orjson.dumps(
            {"query_string": self.query_string.decode("latin-1"), "box": corners, "detect": self.detect}
        )

    @classmethod
    def unpacked(cls, search: bytes | None, reply: bytes | None) -> "PhotoSearch | None":
        """What is stored, with the reply if there is one; None if it has expired, or is not what was stored."""
        try:
            stored: dict[str, Any] = orjson.loads(search or b"")
            corners, query_string = stored["box"], stored["query_string"].encode("latin-1")
            given = parse_reply(reply) if reply and reply != NO_REPLY else None
            box = None if corners is None else Box(*corners)
            # Searches of older versions have none.
            detect = stored.get("detect") is True
        except (ValueError, TypeError, KeyError, AttributeError, PictureRejected):
            return None
        return cls(query_string, box, given if isinstance(given, Embedded) else None, detect)
