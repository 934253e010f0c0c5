"""Where the feeds lie that the API was sent, until the importer has read them."""

from pathlib import Path
from typing import Final

SPOOL: Final = "imports"
# What stands before the name of a file in the spool, where an import says what its feed is.
SPOOLED: Final = "spool:"


def import_spool(bundles: Path, picture_store: str | None) -> Path:
    """The folder: beside that of the picture store, or beside the folder of bundles if pictures are kept elsewhere.

    Args:
        bundles: folder of bundles.
        picture_store: folder or URL of the picture store, as it is set; None: beside the folder of bundles.
    """
    if picture_store is not None and "://" not in picture_store:
        return Path(picture_store).resolve().parent / SPOOL
    return bundles.resolve().parent / SPOOL
