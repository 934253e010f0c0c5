"""The setting of Cache-Control: how long clients and caches may keep answers about items."""

import re
from typing import Final

_WITH_SECONDS: Final = ("max-age", "s-maxage", "stale-while-revalidate", "stale-if-error")
_ALONE: Final = (
    "public",
    "private",
    "no-cache",
    "no-store",
    "no-transform",
    "must-revalidate",
    "proxy-revalidate",
    "must-understand",
    "immutable",
)
# They let caches that serve several clients keep an answer to a request with a key (RFC 9111, section 3.5).
_SHARED: Final = ("public", "s-maxage", "proxy-revalidate")
_DIRECTIVE: Final = re.compile(r"([a-z-]+)(?:=([0-9]{1,9}))?", re.ASCII)


def checked_cache_control(text: str) -> str:
    """The setting in one form; empty: the header is not sent.

    Raises:
        ValueError: it has a directive that is unknown, given twice, or lacks its number of seconds, or two that
            contradict each other.
    """
    directives = [part.strip().lower() for part in text.split(",") if part.strip()]
    names = []
    for directive in directives:
        found = _DIRECTIVE.fullmatch(directive)
        name = "" if found is None else found[1]
        known = name in _WITH_SECONDS or name in _ALONE
        if found is None or not known or (name in _WITH_SECONDS) != (found[2] is not None):
            raise ValueError(
                f"{directive!r:.60} is no directive of it; give some of {', '.join(_ALONE)}, "
                f"{', '.join(f'{each}=SECONDS' for each in _WITH_SECONDS)}, such as public, max-age=60"
            )
        if name in names:
            raise ValueError(f"{name} is given more than once; give it once")
        names.append(name)
    if "public" in names and "private" in names:
        raise ValueError("public and private contradict each other; give one of them")
    if "no-store" in names and len(set(names) - {"no-store", "private", "no-cache", "no-transform"}) > 0:
        raise ValueError(f"no-store contradicts {', '.join(names)}; give it alone, or leave it out")
    return ", ".join(directives)


def for_one_client(cache_control: str) -> str:
    """The same for answers that only those with a key may have: caches that several clients share must not keep them.

    Args:
        cache_control: as `checked_cache_control` returns it.
    """
    directives = [part for part in cache_control.split(", ") if part and part.partition("=")[0] not in _SHARED]
    if not cache_control or "private" in directives or "no-store" in directives:
        return ", ".join(directives)
    return ", ".join(["private", *directives])
