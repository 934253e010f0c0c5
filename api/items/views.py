"""Items as they appear in responses."""

import re
from collections.abc import Sequence
from itertools import count
from urllib.parse import quote

import orjson

from index.query import FoundItem, ItemRecord, ListedItem

# Most ids need no encoding, and quote() takes ten times as long to find that out.
_TO_ENCODE = re.compile(r"[^A-Za-z0-9_.~/-]")


class ItemViews:
    """Items as JSON; their attributes are copied as they were stored.

    Args:
        root_path: path below which a proxy serves the API.
        public_url: address at which clients reach the API, with that path; None: URLs are paths.
        image_url_template: URL of the pictures, with `{id}`; None: this API serves them.
    """

    def __init__(self, *, root_path: str, image_url_template: str | None, public_url: str | None = None) -> None:
        template = image_url_template or f"{root_path if public_url is None else public_url}/items/{{id}}/image"
        self._before_id, self._after_id = template.split("{id}")

    def image_url(self, item_id: str) -> str:
        """URL of an item's picture: everything but '/' is percent-encoded."""
        encoded = quote(item_id, safe="/") if _TO_ENCODE.search(item_id) else item_id
        return f"{self._before_id}{encoded}{self._after_id}"

    def listed(self, item: ListedItem | ItemRecord) -> dict[str, object]:
        """An item of a list."""
        return {
            "id": item.id,
            "image_url": self.image_url(item.id),
            "attributes": orjson.Fragment(item.attributes),
        }

    def hits(self, items: Sequence[FoundItem], first_rank: int) -> orjson.Fragment:
        """The items of a page that were found, as a list."""
        return orjson.Fragment(b"[%b]" % b",".join(map(self._hit, items, count(first_rank))))

    def _hit(self, item: FoundItem, rank: int) -> bytes:
        return b'{"id":%b,"rank":%d,"score":%b,"image_url":%b,"attributes":%b}' % (
            orjson.dumps(item.id),
            rank,
            orjson.dumps(round(item.score, 6)),
            orjson.dumps(self.image_url(item.id)),
            item.attributes,
        )
