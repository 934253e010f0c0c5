"""How a feed is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How to read a feed.

    Attributes:
        path: of the feed.
        mapping: see `feeds.names.Mapped`.
        needs_picture: whether a row without a picture is bad.
    """

    path: Path
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    needs_picture: bool = True
