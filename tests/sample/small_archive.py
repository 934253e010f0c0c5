"""A small archive of a sample catalogue, and ways to spoil one."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from sample.archive import MANIFEST, render_manifest
from tools.draw_catalogue.archive import write_archive

FILES = {
    "Anno/list_bbox.txt": b"boxes",
    "attributes.csv": b"id,colour\nimg/Tee/img_00000001.webp,Red\n",
    "img/Tee/img_00000001.webp": b"a picture" * 40,
    "img/Tee/img_00000002.webp": b"another" * 50,
}


def small_archive(path: Path, files: Mapping[str, bytes] = FILES) -> Path:
    write_archive(path, files)
    return path


def packed(entries: Mapping[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip file of any entries, whatever its manifest says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_manifest(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {**files, MANIFEST: render_manifest(files)}


def contents(root: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
