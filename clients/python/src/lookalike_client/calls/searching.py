"""Searches for similar items."""

from collections.abc import Iterable
from typing import Literal, TypedDict, Unpack

from lookalike_client.call import Call, Encoded, Form, Query, as_result, given, json_body
from lookalike_client.conditions import Conditions, listed, written
from lookalike_client.item_paths import item_path
from lookalike_client.photos import SentPhoto
from lookalike_client.results.searches import Box, SimilarItems


class SearchOptions(TypedDict, total=False):
    """What every search takes.

    Attributes:
        limit: most items, 1 to 100; 12 without it.
        offset: number of items to skip; with `limit` at most 1,000.
        min_score: leaves out lower scores; `auto`: what does not resemble the query.
        filters: every one must match.
        exclude: none may match.
        group_by: an attribute; only the best item of each of its values is found.
        facets: attributes whose values are counted among all matches.
        fields: attributes that are sent of each item; none of them with an empty list; all without it.
    """

    limit: int
    offset: int
    min_score: float | Literal["auto"]
    filters: Conditions
    exclude: Conditions
    group_by: str
    facets: str | Iterable[str]
    fields: str | Iterable[str]


def similar_to_photo(
    photo: SentPhoto, *, box: Box | None = None, detect: bool = True, **options: Unpack[SearchOptions]
) -> Call[SimilarItems]:
    """Items that look like a photo."""
    return Call(
        "POST", "/similar", as_result(SimilarItems), search_query(**options), body=_photo_body(photo, box, detect)
    )


def similar_to_item(item_id: str, *, exclude_self: bool = True, **options: Unpack[SearchOptions]) -> Call[SimilarItems]:
    """Items that look like an item."""
    query = (*search_query(**options), *given(exclude_self=None if exclude_self else False))
    return Call("GET", f"{item_path(item_id)}/similar", as_result(SimilarItems), query)


def similar_by_token(token: str, **options: Unpack[SearchOptions]) -> Call[SimilarItems]:
    """Items that look like the photo whose answer had this token."""
    return Call("GET", "/similar", as_result(SimilarItems), (*search_query(**options), ("token", token)))


def search_query(
    *,
    limit: int | None = None,
    offset: int | None = None,
    min_score: float | Literal["auto"] | None = None,
    filters: Conditions = (),
    exclude: Conditions = (),
    group_by: str | None = None,
    facets: str | Iterable[str] | None = None,
    fields: str | Iterable[str] | None = None,
) -> Query:
    """The parameters of a search; see `SearchOptions`."""
    return (
        *given(limit=limit, offset=offset, min_score=min_score, group_by=group_by),
        *(("filter", condition) for condition in written(filters)),
        *(("exclude", condition) for condition in written(exclude)),
        *given(facets=None if facets is None else listed(facets) or None),
        *given(fields=None if fields is None else listed(fields) or "none"),
    )


def _photo_body(photo: SentPhoto, box: Box | None, detect: bool) -> Encoded | Form:
    if photo.url is not None:
        members: dict[str, object] = {"image_url": photo.url}
        if box is not None:
            members["box"] = list(box)
        return json_body(members if detect else {**members, "detect": False})
    fields = {} if box is None else {"box": ",".join(map(str, box))}
    return Form(fields if detect else {**fields, "detect": "false"}, (photo.data or b"",))
