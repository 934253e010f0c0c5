"""Turns the values of query parameters into a searcher's queries; no other module knows both."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from api.http.problems import ServiceProblem
from index.conditions import MAX_CONDITIONS, Condition, parse_condition, parse_fields
from index.query import ListingQuery, SearchQuery, ValuesQuery

MAX_SEED: Final = 2**32 - 1
MAX_FACET_VALUES: Final = 1000
FOUND_VALUES: Final = 100
NO_FIELDS: Final = "none"


def search_query(values: Mapping[str, Any], *, excluded_item: str | None = None) -> SearchQuery:
    """The query for the parameters of a search.

    Args:
        values: by name, as the route's `QueryReader` returns them.
        excluded_item: id of an item that must not be found.

    Raises:
        ServiceProblem: `invalid_parameter`: too many conditions.
        FilterError: a condition or a list of fields is malformed.
    """
    return SearchQuery(
        conditions=_conditions("filter", values["filter"]),
        exclusions=_conditions("exclude", values["exclude"]),
        group_by=values["group_by"],
        facets=None if values["facets"] is None else parse_fields(values["facets"]),
        facet_values=MAX_FACET_VALUES,
        min_score=values["min_score"],
        limit=values["limit"],
        offset=values["offset"],
        excluded_item=excluded_item,
        fields=chosen_fields(values),
    )


def listing_query(values: Mapping[str, Any]) -> ListingQuery:
    """The query for the parameters of `GET /items`; a seed is drawn if a random order is requested without one.

    Args:
        values: by name, as the route's `QueryReader` returns them.

    Raises:
        ServiceProblem: `invalid_parameter`: a seed without a random order, or too many conditions.
        FilterError: a condition or a list of fields is malformed.
    """
    seed: int | None = values["seed"]
    if values["sample"] is None and seed is not None:
        raise ServiceProblem("invalid_parameter", "'seed' goes with sample=random; add that or leave it out")
    if values["sample"] is not None and seed is None:
        seed = secrets.randbelow(MAX_SEED + 1)
    return ListingQuery(
        conditions=_conditions("filter", values["filter"]),
        exclusions=_conditions("exclude", values["exclude"]),
        limit=values["limit"],
        offset=values["offset"],
        seed=seed,
        fields=chosen_fields(values),
    )


def values_query(values: Mapping[str, Any]) -> ValuesQuery | None:
    """The query for the parameters of `GET /attributes`, or None if all columns are asked for.

    Args:
        values: by name, as the route's `QueryReader` returns them.

    Raises:
        ServiceProblem: `invalid_parameter`: a prefix or limit without a field.
    """
    field: str | None = values["field"]
    if field is not None:
        limit = values["limit"]
        return ValuesQuery(field, values["prefix"] or "", FOUND_VALUES if limit is None else limit)
    for name in ("prefix", "limit"):
        if values[name] is not None:
            raise ServiceProblem(
                "invalid_parameter", f"'{name}' goes with field=..., the column to find values of; add that"
            )
    return None


def chosen_fields(values: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The attributes that items are returned with; None: all.

    Args:
        values: by name, as the route's `QueryReader` returns them.

    Raises:
        FilterError: the list of fields is malformed.
    """
    text: str | None = values["fields"]
    if text is None:
        return None
    return () if text == NO_FIELDS else parse_fields(text)


def _conditions(name: str, texts: tuple[str, ...]) -> tuple[Condition, ...]:
    if len(texts) > MAX_CONDITIONS:
        raise ServiceProblem(
            "invalid_parameter",
            f"'{name}' is given {len(texts)} times; give it at most {MAX_CONDITIONS} times, with several values each",
        )
    # A condition that is given again changes nothing.
    return tuple(map(parse_condition, dict.fromkeys(texts)))
