"""Reading a catalogue for a verb: what was skipped is said, and the bad rows are written down."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from commands.options import hosts

if TYPE_CHECKING:
    from model.catalogue.catalogue import Catalogue
    from model.catalogue.feed_file import PicturesByUrl

_HOSTS: Final = "LOOKALIKE_IMAGE_URL_HOSTS"
_HTTP: Final = "LOOKALIKE_IMAGE_URL_HTTP"


def by_url(options: argparse.Namespace) -> "PicturesByUrl":
    """How a verb fetches pictures: into a folder beside its own, from the hosts of its option or the environment."""
    from launch.progress import progress_bar
    from model.catalogue.feed_file import PicturesByUrl

    out: Path = options.out
    allowed: tuple[str, ...] = options.image_hosts or hosts(os.environ.get(_HOSTS, ""))
    allow_http = os.environ.get(_HTTP, "").strip().lower() in {"1", "true", "yes", "on"}
    return PicturesByUrl(out.absolute().with_name(f"{out.absolute().name}-pictures"), allowed, allow_http, progress_bar)


def reported(out: Path, read: "Callable[[], Catalogue]") -> "Catalogue":
    """Read a catalogue, print its notes and counts to stderr, and list its bad rows in the verb's folder.

    Args:
        out: the verb's folder; made if there are bad rows.
        read: opens the catalogue.

    Raises:
        CatalogueError: as `read` does; the bad rows are listed then too.
        OSError: the list cannot be written.
    """
    from model.catalogue.bad_rows import BAD_ROWS_REPORT, TooManyBadRows, write_bad_rows

    try:
        catalogue = read()
    except TooManyBadRows as error:
        write_bad_rows(out, error.bad_rows)
        print(f"lookalike: bad rows: {len(error.bad_rows):,}, listed in {out / BAD_ROWS_REPORT}", file=sys.stderr)
        raise
    for note in catalogue.notes:
        print(f"lookalike: {note}", file=sys.stderr)
    write_bad_rows(out, catalogue.bad_rows)
    if catalogue.bad_rows:
        print(
            f"lookalike: items read: {len(catalogue.items):,}; bad rows skipped: {len(catalogue.bad_rows):,}, "
            f"listed in {out / BAD_ROWS_REPORT}",
            file=sys.stderr,
        )
    return catalogue
