"""Reads Shopify's product export: several rows for each product, which is one item."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from contracts.errors import FeedError
from contracts.text_form import one_form
from feeds.checking import RowChecker, bad_row
from feeds.head import Head
from feeds.names import ID, IMAGE, listed
from feeds.options import ReadingOptions
from feeds.rows import BadRow, FeedRow
from feeds.shopify_product import ShopifyProduct
from feeds.table import read_table

_HANDLE: Final = "handle"
# What the first row of a product says about all of it.
_OF_PRODUCT: Final = {
    "title": "title",
    "vendor": "vendor",
    "type": "type",
    "product category": "product_category",
    "status": "status",
    "published": "published",
    "body (html)": "description",
    "google shopping / gender": "gender",
    "google shopping / age group": "age_group",
}


def read_shopify_csv(options: ReadingOptions, head: Head) -> Iterator[FeedRow | BadRow]:
    """The products of Shopify's export, one item for each handle; rows of a handle must follow one another.

    Raises:
        FeedError: see `feeds.opening.open_feed`.
    """
    checker = RowChecker(needs_picture=options.needs_picture)
    records = read_table(options, head)
    header = next(records)
    columns = _Columns(options, [one_form(name).casefold() for name in header.fields], header.line)
    product: ShopifyProduct | None = None
    for record in records:
        fields = record.fields
        if record.code is not None:
            yield bad_row(record.line, None, record.code, record.problem or "")
            continue
        handle = one_form(fields[columns.handle_at])
        if product is None or handle != product.handle:
            if product is not None:
                yield product.checked(checker)
            product = ShopifyProduct(record.line, handle)
            columns.take_first(product, fields)
        columns.take(product, fields)
    if product is not None:
        yield product.checked(checker)


class _Columns:
    """Where a row has what.

    Args:
        options: of reading.
        header: names of columns, in lower case.
        line: of the header.

    Raises:
        FeedError: there is no handle, or the mapping names a column that does not exist.
    """

    def __init__(self, options: ReadingOptions, header: list[str], line: int) -> None:
        place = f"{options.path}, line {line}"
        at = {name: position for position, name in reversed(list(enumerate(header)))}
        if _HANDLE not in at:
            raise FeedError(f"{place}: the header has no column 'Handle', only {listed(header)}; export it again")
        mapping = {one_form(name).casefold(): target for name, target in options.mapping.items()}
        absent = [name for name in mapping if name not in at]
        if absent:
            raise FeedError(f"{place}: the mapping names {listed(absent)}, but the columns are {listed(header)}")
        self.handle_at = at[_HANDLE]
        targets: Mapping[str, str | None] = _OF_PRODUCT | mapping
        self._of_product = [(at[name], target) for name, target in targets.items() if name in at and target is not None]

        def position(name: str) -> int | None:
            return at.get(name) if name not in mapping else None

        self._image_at, self._image_position_at = position("image src"), position("image position")
        self._tags_at, self._sku_at, self._price_at = (
            position("tags"),
            position("variant sku"),
            position("variant price"),
        )
        self._options = [(position(f"option{number} name"), position(f"option{number} value")) for number in (1, 2, 3)]
        if options.needs_picture and self._image_at is None and IMAGE not in mapping.values():
            raise FeedError(f"{place}: the header has no column 'Image Src', only {listed(header)}; export it again")

    def take_first(self, product: ShopifyProduct, fields: list[str]) -> None:
        """What the first row of a product says."""
        for at, target in self._of_product:
            if not fields[at]:
                continue
            if target == ID:
                product.id = fields[at]
            elif target == IMAGE:
                product.take_picture(fields[at], -math.inf)
            else:
                product.attributes[target] = one_form(fields[at])
        for number, (name_at, _) in enumerate(self._options):
            product.option_names[number] = "" if name_at is None else one_form(fields[name_at])
        if self._tags_at is not None:
            for tag in fields[self._tags_at].split(","):
                product.add("tags", one_form(tag))

    def take(self, product: ShopifyProduct, fields: list[str]) -> None:
        """What each row of a product says: a variant, a picture or both."""
        if self._image_at is not None and fields[self._image_at]:
            place = "" if self._image_position_at is None else fields[self._image_position_at].strip()
            product.take_picture(
                fields[self._image_at], int(place) if place.isdecimal() and len(place) < 9 else math.inf
            )
        if self._sku_at is not None:
            product.add("sku", one_form(fields[self._sku_at]))
        if self._price_at is not None and fields[self._price_at]:
            product.take_price(one_form(fields[self._price_at]))
        for number, (_, value_at) in enumerate(self._options):
            if value_at is not None and fields[value_at]:
                product.add_option(number, one_form(fields[value_at]))
