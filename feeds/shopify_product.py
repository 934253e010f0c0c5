"""One product of Shopify's export, while its rows are read."""

import math
import re
from typing import Final

from contracts.attribute_limits import MAX_VALUE_CHARACTERS
from contracts.items import MISSING_VALUES
from feeds.checking import RowChecker
from feeds.rows import BadRow, FeedRow

# What a product without options has.
_NO_OPTION: Final = "Default Title"
_PRICE: Final = re.compile(r"\d{1,15}(\.\d{1,6})?", re.ASCII)


class ShopifyProduct:
    """Collects the rows of a product.

    Args:
        line: where its first row starts.
        handle: its name in the shop's addresses.

    Attributes:
        id: by default the handle.
        attributes: of the whole product.
        option_names: of its up to three options, such as `Size`.
    """

    def __init__(self, line: int, handle: str) -> None:
        self.line = line
        self.handle = handle
        self.id = handle
        self.attributes: dict[str, str] = {}
        self.option_names = ["", "", ""]
        self._picture = ""
        self._picture_place = math.inf
        self._lists: dict[str, dict[str, None]] = {}
        self._options: list[dict[str, None]] = [{}, {}, {}]
        self._characters = 0
        self._price: tuple[float, str] | None = None

    def take_picture(self, picture: str, place: float) -> None:
        """Keep the picture that the shop shows first."""
        if not self._picture or place < self._picture_place:
            self._picture, self._picture_place = picture, place

    def take_price(self, price: str) -> None:
        """Keep the lowest price."""
        amount = float(price) if _PRICE.fullmatch(price) else math.inf
        if self._price is None or amount < self._price[0]:
            self._price = (amount, price)

    def add(self, name: str, value: str) -> None:
        """A member of a list."""
        self._add(self._lists.setdefault(name, {}), value)

    def add_option(self, number: int, value: str) -> None:
        """What a variant has for an option."""
        if value != _NO_OPTION:
            self._add(self._options[number], value)

    def _add(self, members: dict[str, None], value: str) -> None:
        # Of a list that is too long no more is kept than shows that.
        if value and value not in members and self._characters <= 2 * MAX_VALUE_CHARACTERS:
            members[value] = None
            self._characters += len(value) + 1

    def checked(self, checker: RowChecker) -> FeedRow | BadRow:
        """The item of the product, or what is wrong with it."""
        lists = dict(self._lists)
        for number, (name, members) in enumerate(zip(self.option_names, self._options, strict=True), 1):
            if members:
                column = name.casefold().replace(" ", "_") or f"option{number}"
                taken = column in self.attributes or column in lists or column == "price"
                lists[f"option_{column}" if taken else column] = members
        attributes = {name: value for name, value in self.attributes.items() if value not in MISSING_VALUES}
        if self._price is not None:
            attributes["price"] = self._price[1]
        attributes |= {name: "|".join(members) for name, members in lists.items() if members}
        return checker.row(self.line, self.id, self._picture, attributes)
