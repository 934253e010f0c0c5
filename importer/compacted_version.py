"""A compacted bundle that is on its way into the search engine, so that a killed importer finds it again."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import orjson

from index.current_version import is_version
from storage.durable_files import replace_file
from storage.small_files import read_small

FILE: Final = ".compacted.json"
_MOST_BYTES: Final = 1_000


@dataclass(frozen=True, slots=True)
class CompactedVersion:
    """A compacted bundle that is not current yet.

    Attributes:
        version: of the bundle.
        instead_of: version of its base, which is current until this one is.
    """

    version: str
    instead_of: str


def read_compacted(bundles: Path) -> CompactedVersion | None:
    """What was noted last; None if there is nothing, or it is damaged, which costs another compaction."""
    try:
        noted = orjson.loads(read_small(bundles / FILE, most_bytes=_MOST_BYTES))
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(noted, dict) or set(noted) != {"version", "instead_of"}:
        return None
    # The names become parts of paths.
    if not all(type(name) is str and is_version(name) for name in noted.values()):
        return None
    return CompactedVersion(**noted)


def note_compacted(bundles: Path, compacted: CompactedVersion) -> None:
    """Note it durably.

    Raises:
        OSError: it cannot be written.
    """
    replace_file(bundles / FILE, orjson.dumps(asdict(compacted)) + b"\n")


def forget_compacted(bundles: Path) -> None:
    """Forget what was noted."""
    (bundles / FILE).unlink(missing_ok=True)
