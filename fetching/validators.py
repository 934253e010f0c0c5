"""What a server gives along with a file so that it need not send it again unchanged."""

from dataclasses import dataclass

# Longer ones are forgotten: they would have to be stored with each picture.
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Validators:
    """Of a file as it was fetched.

    Attributes:
        etag: its ETag, in quotes; None if there was none.
        last_modified: when it was changed, as the server says it; None if it did not.
    """

    etag: str | None
    last_modified: str | None


def usable(text: str | None) -> str | None:
    """A header's value if it can be sent back, else None."""
    if text is None or not 0 < len(text) <= _LONGEST or not (text.isascii() and text.isprintable()):
        return None
    return text
