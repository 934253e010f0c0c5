"""The shop's products. A real shop has them in its own database; this one asks the API for them."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin

_TIMEOUT_S = 5.0
# One that an <img> may ask for; browsers choose among them by `sizes`.
WIDTHS = (160, 320, 640)


class ProductsError(Exception):
    """The API cannot be asked; the message is for whoever runs the shop."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the catalogue.

    Attributes:
        id: of the item.
        title: for people.
        picture: its picture's absolute URL, without a width.
        facts: its attributes.
    """

    id: str
    title: str
    picture: str
    facts: Mapping[str, str]

    @property
    def price(self) -> str:
        """With the currency, or empty."""
        return f"€{self.facts['price']}" if "price" in self.facts else ""


@dataclass(frozen=True, slots=True)
class Products:
    """Asks the API.

    Attributes:
        api: its address, without a slash at its end; the pages use the same.
        key: a publishable key, as the pages have it; empty if the API needs none.
    """

    api: str
    key: str

    def page(self, *, limit: int, offset: int, filters: Sequence[str]) -> tuple[list[Product], int]:
        """Some products in a fixed mixed order, and how many there are in all.

        Raises:
            ProductsError: the API gives no answer.
        """
        query: list[tuple[str, str]] = [("limit", str(limit)), ("offset", str(offset))]
        query += [("sample", "random"), ("seed", "7"), *(("filter", condition) for condition in filters)]
        answer = self._get(f"/items?{urlencode(query)}") or {"items": [], "total": 0}
        return [self._product(item) for item in answer["items"]], answer["total"]

    def product(self, product_id: str) -> Product | None:
        """A product, or None if there is none of this id.

        Raises:
            ProductsError: the API gives no answer.
        """
        item = self._get(f"/items/{quote(product_id)}")
        return None if item is None else self._product(item)

    def values(self, field: str) -> list[str]:
        """The most frequent values of an attribute, in alphabetical order.

        Raises:
            ProductsError: the API gives no answer.
        """
        columns = (self._get("/attributes") or {"attributes": {}})["attributes"]
        return sorted(columns.get(field, {}).get("values", {}))

    def _product(self, item: dict[str, Any]) -> Product:
        facts = item["attributes"]
        return Product(item["id"], facts.get("title", item["id"]), urljoin(f"{self.api}/", item["image_url"]), facts)

    def picture_url(self, product: Product, width: int) -> str:
        """The picture in a width; a picture that the API does not serve has one size only."""
        if not product.picture.startswith(f"{self.api}/items/"):
            return product.picture
        return self.address_with_key(product.picture.removeprefix(self.api), width=str(width))

    def address_with_key(self, path: str, **query: str) -> str:
        """An address of the API as a page may hold it, because neither `<img>` nor `<script>` can send a header."""
        parameters = urlencode({**query, **({"key": self.key} if self.key else {})})
        return f"{self.api}{path}{f'?{parameters}' if parameters else ''}"

    def _get(self, path: str) -> Any:
        headers = {"X-API-Key": self.key} if self.key else {}
        request = urllib.request.Request(f"{self.api}{path}", headers=headers)  # noqa: S310 - main checks the scheme
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - as above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code in {400, 404}:
                    return None
                raise ProductsError(f"{self.api} answered {error.code} to {path.partition('?')[0]}") from error
        except (OSError, ValueError) as error:
            raise ProductsError(
                f"{self.api} does not answer ({error}); is `lookalike demo` or `serve` running?"
            ) from error
