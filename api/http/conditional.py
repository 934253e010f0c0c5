"""Conditional requests (RFC 9110, section 13): a client that has the response already need not get it again."""

from starlette.requests import Request


class KnownTags:
    """The entity tags in a request's If-None-Match."""

    def __init__(self, request: Request) -> None:
        # If-None-Match compares weakly (section 13.1.2), and proxies turn strong tags into weak ones.
        tags = request.headers.get("if-none-match", "").split(",")
        self._tags = frozenset(tag.strip().removeprefix("W/") for tag in tags)

    def __contains__(self, etag: object) -> bool:
        """Whether the client has the version with this tag; `*` matches all tags."""
        return etag in self._tags or "*" in self._tags
