"""What needs no key, and what the kinds of keys may do. Nothing else decides about that."""

from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from api.http.preferences import prefers_async
from api.key_entries import KnownKey, normal_origin

_OPEN_PATHS: Final = frozenset(
    {"/", "/admin", "/livez", "/readyz", "/readyz/items", "/docs", "/openapi.json", "/favicon.ico", "/widget.js"}
)
_OPEN_FOLDERS: Final = ("/page/", "/docs/")
_ABOUT_ITEMS: Final = frozenset({"/items", "/attributes", "/similar"})
_ITEMS: Final = "/items/"
_PICTURE: Final = "/image"
_SEARCH: Final = "/similar"


def path_of(scope: Scope) -> str:
    """The path of a request below the root path, as routes see it."""
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "")
    return path[len(root_path) :] if root_path and path.startswith(f"{root_path}/") else path


def is_open(path: str) -> bool:
    """Whether everybody may ask for a path: health, the pages and the documentation."""
    return path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS)


def is_about_items(path: str) -> bool:
    """Whether a GET of a path is about items, so that a publishable key may ask for it, also in the address."""
    return path in _ABOUT_ITEMS or path.startswith(_ITEMS)


def is_picture(scope: Scope, path: str) -> bool:
    """Whether a request asks for the picture of an item; HEAD is GET here."""
    return scope["method"] == "GET" and path.startswith(_ITEMS) and path.endswith(_PICTURE)


def refusal_for(scope: Scope, path: str, key: KnownKey) -> str | None:
    """Why a key may not do what a request asks for; None if it may."""
    if key.origins is None:
        return None
    if not _may_publishable(scope, path):
        return (
            "a publishable key may search and read items only: GET /items and all below it, GET /attributes, and "
            "/similar without 'Prefer: respond-async'; all else needs a secret key, which must not stand in a page"
        )
    headers = Headers(scope=scope)
    for origin in headers.getlist("origin"):
        if not _is_of(origin, headers.get("host", ""), key.origins):
            return (
                f"pages of the origin {origin!r:.100} may not use this publishable key; its operator adds an entry "
                "'KEY@ORIGIN' to LOOKALIKE_PUBLISHABLE_KEYS"
            )
    return None


def _may_publishable(scope: Scope, path: str) -> bool:
    if scope["method"] == "GET":
        return is_about_items(path)
    # A job takes more, and its results can be read by whoever may read jobs.
    return scope["method"] == "POST" and path == _SEARCH and not prefers_async(scope)


def _is_of(origin: str, host: str, origins: frozenset[str]) -> bool:
    """Whether an origin is one of a key's, or that of our own page."""
    normal = normal_origin(origin)
    if normal is None:
        return False
    # A proxy may have taken HTTPS off, so the scheme of the own page is not known.
    scheme = normal.partition("://")[0]
    return normal in origins or normal == normal_origin(f"{scheme}://{host}")


NeedsNoKey = Callable[[Scope, str], bool]


def needs_no_key(*, open_pictures: bool) -> NeedsNoKey:
    """The rule for what needs no key; it takes a request and its path."""
    if open_pictures:
        return lambda scope, path: is_open(path) or is_picture(scope, path)
    return lambda _scope, path: is_open(path)
