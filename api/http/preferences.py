"""What a client prefers, by its `Prefer` fields (RFC 7240)."""

import re
from typing import Final

from starlette.types import Scope

RESPOND_ASYNC: Final = "respond-async"

# Far more than anybody prefers. What is longer is ignored, as the RFC says of all that is not understood.
_LONGEST: Final = 1000
_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED: Final = r'"(?:\\.|[^"\\])*"'
_ELEMENT: Final = re.compile(rf'(?:{_QUOTED}|[^,"]|")+')
_PREFERENCE: Final = re.compile(rf"[ \t]*({_WORD})[ \t]*(?:=[ \t]*({_WORD}|{_QUOTED})?[ \t]*)?(?:;.*)?", re.DOTALL)


def prefers_async(scope: Scope) -> bool:
    """Whether a request asks for 202 and a job instead of waiting for its answer; `wait` is ignored."""
    given = [value for name, value in scope["headers"] if name == b"prefer"]
    if not given:
        return False
    text = b",".join(given).decode("latin-1")
    if len(text) > _LONGEST:
        return False
    for element in _ELEMENT.findall(text):
        found = _PREFERENCE.fullmatch(element)
        if found is not None and found[1].lower() == RESPOND_ASYNC:
            # The first counts. An empty value is none, and with any other this is not the preference of the RFC.
            return found[2] in {None, '""'}
    return False
