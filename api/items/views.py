"""How items look in answers."""

import re
from urllib.parse import quote

import orjson

from index.items import ItemTable

# Most ids need no encoding, and quote() takes ten times as long to find that out.
_TO_ENCODE = re.compile(r"[^A-Za-z0-9_.~/-]")


class ItemViews:
    """Items as JSON; their attributes are passed on as they were written when the index was built.

    Args:
        items: of the open bundle.
        root_path: path below which a proxy serves the API.
        image_url_template: where pictures lie instead of here, with `{id}`, or None.
    """

    def __init__(self, items: ItemTable, *, root_path: str, image_url_template: str | None) -> None:
        self._items = items
        template = image_url_template or f"{root_path}/items/{{id}}/image"
        self._before_id, self._after_id = template.split("{id}")

    def image_url(self, item_id: str) -> str:
        """Where the picture of an item is had: everything but '/' is percent-encoded."""
        encoded = quote(item_id, safe="/") if _TO_ENCODE.search(item_id) else item_id
        return f"{self._before_id}{encoded}{self._after_id}"

    def listed(self, row: int) -> dict[str, object]:
        """An item of a list."""
        item_id = self._items.id(row)
        return {
            "id": item_id,
            "image_url": self.image_url(item_id),
            "attributes": orjson.Fragment(self._items.attributes_json(row)),
        }

    def hit(self, row: int, rank: int, score: float) -> dict[str, object]:
        """An item that was found."""
        item_id = self._items.id(row)
        return {
            "id": item_id,
            "rank": rank,
            "score": score,
            "image_url": self.image_url(item_id),
            "attributes": orjson.Fragment(self._items.attributes_json(row)),
        }
