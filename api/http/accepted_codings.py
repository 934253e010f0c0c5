"""Which content codings a client accepts (RFC 9110, section 12.5.3)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from starlette.types import Scope

Coding = Literal["zstd", "gzip"]

# Of two that a client likes equally, the first one is sent: it takes less time, and is not larger.
CODINGS: Final[tuple[Coding, ...]] = ("zstd", "gzip")
# Under this, a packed text saves nothing: it fits into one packet either way.
MIN_BYTES: Final = 1024
_OTHER_NAMES: Final = {"x-gzip": "gzip"}
_ANY: Final = "*"
_IDENTITY: Final = "identity"
# Longer fields are read only so far. Browsers send under 40 bytes.
_MOST_BYTES: Final = 512
_ELEMENT: Final = re.compile(
    r"[ \t]*([!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client accepts.

    Attributes:
        best: the coding of ours that it likes best; None: a text is sent as it is.
        codings: all of ours that it accepts.
        identity: whether it also accepts a text as it is.
    """

    best: Coding | None
    codings: frozenset[Coding]
    identity: bool

    def for_text(self, size: int) -> Coding | None:
        """The coding in which a text of some bytes is sent; None: as it is."""
        return self.best if size >= MIN_BYTES or (size and not self.identity) else None


_AS_IT_IS: Final = Accepted(None, frozenset(), identity=True)


def accepted_codings(scope: Scope) -> Accepted:
    """What the client of a request accepts; one that does not say gets texts as they are."""
    given = [value for name, value in scope["headers"] if name == b"accept-encoding"]
    return _parsed(b",".join(given)[:_MOST_BYTES]) if given else _AS_IT_IS


@lru_cache(maxsize=256)
def _parsed(field: bytes) -> Accepted:
    weights: dict[str, float] = {}
    for text in field.decode("latin-1").lower().split(","):
        element = _ELEMENT.fullmatch(text)
        # What is malformed says nothing.
        if element is not None:
            name = _OTHER_NAMES.get(element[1], element[1])
            weights.setdefault(name, 1.0 if element[2] is None else float(element[2]))
    others = weights.get(_ANY, 0.0)
    liked = {coding: weights.get(coding, others) for coding in CODINGS}
    best = max(CODINGS, key=lambda coding: liked[coding])
    # Texts as they are need not be named. If nothing is accepted at all, they are sent nevertheless: the contract has
    # no error for it, and section 12.1 lets a server disregard what it cannot fulfil.
    plain = weights.get(_IDENTITY, weights.get(_ANY))
    codings = frozenset(coding for coding in CODINGS if liked[coding] > 0.0)
    wanted = bool(codings) and liked[best] >= weights.get(_IDENTITY, 0.0)
    return Accepted(best if wanted else None, codings, identity=plain is None or plain > 0.0 or not codings)
