"""Which of some media types a client wants, by its `Accept` fields (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

# Browsers send under 200 characters. What is longer names nothing.
_LONGEST: Final = 1000
_WEIGHT: Final = re.compile(r"q[ \t]*=[ \t]*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE | re.ASCII)


def preferred(request: Request, offered: Sequence[str], *, otherwise: str) -> str:
    """The media type that a client weighs most, among those that it names; the first of equals.

    A range such as `image/*` names none: programs send it without knowing the newer formats.

    Args:
        offered: media types, lower case, the one that is preferred here first.
        otherwise: what a client gets that names none of them; its own weight there counts as that of any other.
    """
    text = ",".join(request.headers.getlist("accept"))
    if len(text) > _LONGEST:
        return otherwise
    weights: dict[str, float] = {}
    for element in text.split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        weights[name.lower()] = _weight(parameters)
    best = max(offered, key=lambda name: weights.get(name, 0.0))
    return best if weights.get(best, 0.0) > 0.0 else otherwise


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        found = _WEIGHT.fullmatch(parameter)
        if found is not None:
            return float(found[1])
        if parameter[:1].lower() == "q" and "=" in parameter:
            # Not a weight that the RFC knows.
            return 0.0
    return 1.0
