"""Conditional requests (RFC 9110, section 13): a client that has the response already need not get it again."""

from starlette.requests import Request
from starlette.types import Scope

from api.http.accepted_codings import accepted_codings
from api.http.entity_tag import tag_in

_ANY = "*"


class KnownTags:
    """The entity tags in a request's If-None-Match.

    An answer has another tag in each coding. The client may name any of them, if it accepts that coding: its copy is as
    good as the one that would be sent. So a client gets no 304 for a tag that it has from somebody else, of a coding
    that it cannot read.
    """

    def __init__(self, request: Request) -> None:
        self._named = named_tags(request.scope)
        self._scope = request.scope

    def __contains__(self, etag: object) -> bool:
        """Whether the client has the version with this tag, in whatever coding; `*` matches all tags."""
        return isinstance(etag, str) and bool(self._named) and known_as(self._scope, self._named, etag) is not None


def named_tags(scope: Scope) -> frozenset[str]:
    """The tags in a request's If-None-Match, as if all were strong."""
    given = [value for name, value in scope["headers"] if name == b"if-none-match"]
    if not given:
        return frozenset()
    # If-None-Match compares weakly (section 13.1.2), and proxies turn strong tags into weak ones.
    tags = b",".join(given).decode("latin-1").split(",")
    return frozenset(tag.strip().removeprefix("W/") for tag in tags)


def known_as(scope: Scope, named: frozenset[str], etag: str) -> str | None:
    """The tag by which a client knows the version with this tag, or None if it does not have it.

    Args:
        scope: of its request.
        named: the tags in the request.
        etag: of the version that would be sent, without a coding.
    """
    accepted = accepted_codings(scope)
    forms = [etag] if accepted.identity else []
    forms += [tag_in(etag, coding) for coding in accepted.codings]
    for form in forms:
        if form in named:
            return form
    return etag if _ANY in named else None
