"""Packs a drawn catalogue: the same files always give the same bytes."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from sample.archive import MANIFEST, render_manifest
from storage.durable_files import replace_file

_EPOCH = (1980, 1, 1, 0, 0, 0)
_ORDINARY_FILE = 0o100644 << 16


def write_archive(path: Path, files: Mapping[str, bytes]) -> None:
    """Write the archive that `sample.archive.SampleArchive` reads; one that is there is replaced in one step.

    Args:
        path: of the archive.
        files: by their path in the catalogue.

    Raises:
        OSError: it cannot be written.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted({**files, MANIFEST: render_manifest(files)}.items()):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system = 3  # Unix, wherever this runs
            entry.external_attr = _ORDINARY_FILE
            archive.writestr(entry, content)
    replace_file(path, buffer.getvalue())
