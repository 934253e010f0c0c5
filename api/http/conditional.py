"""Conditional requests (RFC 9110, section 13): a client that has an answer already need not get it again."""

from starlette.requests import Request


class KnownTags:
    """The entity tags that a request's If-None-Match names."""

    def __init__(self, request: Request) -> None:
        # If-None-Match compares weakly (section 13.1.2), and proxies weaken tags.
        tags = request.headers.get("if-none-match", "").split(",")
        self._tags = frozenset(tag.strip().removeprefix("W/") for tag in tags)

    def __contains__(self, etag: object) -> bool:
        """Whether the client has what this tag names; `*` stands for all tags."""
        return etag in self._tags or "*" in self._tags
