"""The attributes of an item in a request, checked, as they are stored."""

import math
from collections.abc import Mapping
from typing import Final

from api.http.problems import ServiceProblem
from contracts.attribute_limits import check_attributes
from contracts.errors import AttributesError
from contracts.items import MISSING_VALUES
from contracts.text_form import one_form

_SEPARATOR: Final = "|"
# Beyond it, a float stands for several whole numbers.
_MOST_EXACT: Final = 2.0**53


def read_attributes(sent: object, *, where: str) -> dict[str, str | None]:
    """The attributes of a JSON object: name -> value as it is stored, in one form.

    Numbers and booleans become their JSON text, a list of texts its members joined by `|`. What counts as missing
    (null, an empty text or list, `NA`) is None.

    Args:
        sent: parsed JSON.
        where: what the object is called, for messages.

    Raises:
        ServiceProblem: `invalid_parameter`.
    """
    if not isinstance(sent, dict):
        raise _invalid(f'{where} must be a JSON object of attributes, such as {{"title": "Blue shirt", "price": 19.9}}')
    attributes: dict[str, str | None] = {}
    for name, value in sent.items():
        formed = one_form(name)
        if formed in attributes:
            raise _invalid(f"{where} has the attribute {formed!r:.60} twice, in two ways to write it; leave one out")
        attributes[formed] = _stored(name, value)
    try:
        # Names to remove must be possible ones too.
        check_attributes({name: value or "" for name, value in attributes.items()})
    except AttributesError as error:
        raise _invalid(f"{where}: {error}") from None
    return attributes


def present(attributes: Mapping[str, str | None]) -> dict[str, str]:
    """The attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}


def _stored(name: str, value: object) -> str | None:
    text = one_form(_text(name, value))
    return None if text in MISSING_VALUES else text


def _text(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return str(int(value)) if value.is_integer() and abs(value) < _MOST_EXACT else repr(value)
        case list() if all(isinstance(member, str) for member in value):
            return _joined(name, value)
    raise _invalid(
        f"the attribute {name!r:.60} must be a text, a number, true, false, null or a list of texts, and holds "
        f"{'an object' if isinstance(value, dict) else 'a list of something else'}; give one attribute for each value"
    )


def _joined(name: str, members: list[str]) -> str:
    formed = [member for member in map(one_form, members) if member not in MISSING_VALUES]
    for member in formed:
        if _SEPARATOR in member:
            raise _invalid(
                f"the list {name!r:.60} has the value {member!r:.60} with a '{_SEPARATOR}' in it, which separates the "
                "values of a list; leave it out"
            )
    return _SEPARATOR.join(formed)


def _invalid(detail: str) -> ServiceProblem:
    return ServiceProblem("invalid_parameter", detail)
