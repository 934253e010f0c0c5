"""The folders that an importer works in."""

from dataclasses import dataclass
from pathlib import Path

from storage.import_spool import import_spool


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that an importer works in.

    Attributes:
        bundles: index bundles, and feeds that were fetched.
        spool: feeds that the API was sent.
    """

    bundles: Path
    spool: Path

    @classmethod
    def of(cls, bundles: Path, picture_store: str | None) -> "Folders":
        """Those that belong to a folder of bundles and a picture store, as they are set."""
        return cls(bundles, import_spool(bundles, picture_store))
