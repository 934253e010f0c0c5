"""Items of the catalogue, their pictures and attributes."""

from collections.abc import Iterable, Mapping
from typing import Literal

from lookalike_client.answers import Answer
from lookalike_client.call import Call, as_result, given
from lookalike_client.calls.searching import search_query
from lookalike_client.conditions import Conditions
from lookalike_client.item_paths import item_path
from lookalike_client.reading import read
from lookalike_client.results.items import Attribute, AttributeList, Item, ItemPage, Picture

PictureWidth = Literal[160, 320, 640, 1280]


def item(item_id: str, fields: str | Iterable[str] | None) -> Call[Item]:
    """One item."""
    return Call("GET", item_path(item_id), as_result(Item), search_query(fields=fields))


def items(
    *,
    limit: int | None = None,
    offset: int | None = None,
    filters: Conditions = (),
    exclude: Conditions = (),
    sample: Literal["random"] | None = None,
    seed: int | None = None,
    fields: str | Iterable[str] | None = None,
) -> Call[ItemPage]:
    """A page of the catalogue."""
    query = search_query(limit=limit, offset=offset, filters=filters, exclude=exclude, fields=fields)
    return Call("GET", "/items", as_result(ItemPage), (*query, *given(sample=sample, seed=seed)))


def picture(item_id: str, width: PictureWidth | None) -> Call[Picture]:
    """The picture of an item."""
    return Call("GET", f"{item_path(item_id)}/image", _picture, given(width=width), {"Accept": "image/*"})


def attributes() -> Call[Mapping[str, Attribute]]:
    """All attributes."""
    return Call("GET", "/attributes", lambda answer: read(AttributeList, answer.json()).attributes)


def attribute_values(field: str, prefix: str | None, limit: int | None) -> Call[Mapping[str, int]]:
    """Values of one attribute."""

    def values(answer: Answer) -> Mapping[str, int]:
        (found,) = read(AttributeList, answer.json()).attributes.values()
        return found.values

    return Call("GET", "/attributes", values, given(field=field, prefix=prefix, limit=limit))


def _picture(answer: Answer) -> Picture:
    kind = answer.headers.get("content-type", "application/octet-stream")
    return Picture(answer.body, kind, answer.headers.get("etag"))
