"""Where a catalogue's pictures are: a folder, or a prefix of an object store."""

from dataclasses import dataclass
from pathlib import Path

from contracts.object_urls import is_object_url


@dataclass(frozen=True, slots=True)
class ObjectPrefix:
    """A prefix of an object store.

    Attributes:
        url: `s3://bucket/prefix`, without a `/` at its end.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def is_in(self, other: "ObjectPrefix") -> bool:
        """Whether it is another prefix, or lies below it."""
        return self.url == other.url or self.url.startswith(f"{other.url}/")


def catalogue_location(named: str | Path) -> Path | ObjectPrefix:
    """A folder or a prefix, by its path or URL; neither is looked at."""
    return ObjectPrefix(named.rstrip("/")) if is_object_url(named) else Path(named)
