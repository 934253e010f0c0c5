"""The conditions of a write (RFC 9110, section 13): only if the item has a version, or only if there is none."""

import re
from typing import Final

from starlette.datastructures import Headers

from api.http.problems import ServiceProblem
from catalogue.items import ANYTHING, Expected

_TAG: Final = re.compile(r'(W/)?"([^"]*)"', re.ASCII)
_VERSION: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_MOST_TAGS: Final = 20
_ANY: Final = "*"


def expected_by(headers: Headers) -> Expected:
    """What a request demands of the item that it changes, by If-Match and If-None-Match.

    Raises:
        ServiceProblem: `invalid_parameter`.
    """
    unless = _joined(headers, "if-none-match")
    if unless is not None and unless != _ANY:
        raise ServiceProblem(
            "invalid_parameter",
            "If-None-Match must be * here (only if there is no such item); a version goes in If-Match",
        )
    wanted = _joined(headers, "if-match")
    if wanted is None:
        return ANYTHING if unless is None else Expected(absent=True)
    if unless is not None:
        raise ServiceProblem("invalid_parameter", "If-Match and If-None-Match cannot both hold; send one of them")
    if wanted == _ANY:
        return Expected(present=True)
    return Expected(versions=_versions(wanted), present=True)


def entity_tag(version: int) -> str:
    """The ETag of an item's version."""
    return f'"{version}"'


def _joined(headers: Headers, name: str) -> str | None:
    values = headers.getlist(name)
    return ", ".join(value.strip() for value in values) if values else None


def _versions(text: str) -> frozenset[int]:
    tags = [tag.strip() for tag in text.split(",")]
    if len(tags) > _MOST_TAGS:
        raise ServiceProblem("invalid_parameter", f"If-Match names {len(tags)} versions; name at most {_MOST_TAGS}")
    versions = set()
    for tag in tags:
        found = _TAG.fullmatch(tag)
        if found is None:
            raise ServiceProblem(
                "invalid_parameter",
                f'If-Match must be the ETag of an answer, with its quotes, such as "3", or *; got {text!r:.80}',
            )
        # If-Match compares strongly, and no item has a weak tag.
        if not found[1] and _VERSION.fullmatch(found[2]):
            versions.add(int(found[2]))
    return frozenset(versions)
