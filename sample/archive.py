"""The archive of the sample catalogue: an uncompressed zip file with a sealed manifest of all other files in it."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from contracts.errors import CatalogueError
from contracts.items import check_item_id
from storage.durable_files import FileSeal
from storage.sealed_json import parse_sealed, render_sealed

ARCHIVE = Path(__file__).with_name("catalogue.zip")
MANIFEST = "sample.json"
_FORMAT = "lookalike-sample-2"
_MAX_MANIFEST_BYTES = 1 << 20
# What zipfile and the manifest's parser raise for damaged bytes.
_DAMAGE = (zipfile.BadZipFile, EOFError, KeyError, OSError, OverflowError, RuntimeError, TypeError, ValueError)


def render_manifest(files: Mapping[str, bytes]) -> bytes:
    """The manifest of files by their path in the catalogue."""
    seals = {name: [len(content), hashlib.sha256(content).hexdigest()] for name, content in sorted(files.items())}
    return render_sealed({"format": _FORMAT, "files": seals})


class SampleArchive:
    """An archive open for reading; a context manager. Whatever is wrong with it is a `CatalogueError`.

    Attributes:
        manifest: the manifest's bytes.
        seals: of every file, by its path in the catalogue; no path leads out of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as error:
            raise self._damaged(error) from error
        try:
            size = self._zip.getinfo(MANIFEST).file_size
            if size > _MAX_MANIFEST_BYTES:
                raise ValueError(f"{MANIFEST} has {size:,} bytes")
            self.manifest = self._content(MANIFEST, size)
            self.seals = _parse(self.manifest)
            if {*self._zip.namelist()} != {*self.seals, MANIFEST}:
                raise ValueError("its files are not those of its manifest")
        except _DAMAGE as error:
            self._zip.close()
            raise self._damaged(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        """A file's content, checked against its seal.

        Raises:
            CatalogueError: it is damaged.
        """
        try:
            content = self._content(name, self.seals[name].bytes)
            if hashlib.sha256(content).hexdigest() != self.seals[name].sha256:
                raise ValueError(f"{name} has another SHA-256 than its manifest says")
        except _DAMAGE as error:
            raise self._damaged(error) from error
        return content

    def _content(self, name: str, size: int) -> bytes:
        entry = self._zip.getinfo(name)
        # The size is known before anything is read: an entry that was made to grow when unpacked is refused.
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != size:
            raise ValueError(f"{name} is compressed or has another size than its manifest says")
        with self._zip.open(entry) as stream:
            return stream.read(size)

    def _damaged(self, error: BaseException) -> CatalogueError:
        return CatalogueError(
            f"{self._path}, the archive of the sample catalogue, is missing or damaged ({error}); install Lookalike "
            "again, or pass a catalogue of your own with --catalogue"
        )


def _parse(manifest: bytes) -> dict[str, FileSeal]:
    fields = parse_sealed(manifest)
    files = fields.get("files")
    if fields.get("format") != _FORMAT or not isinstance(files, dict):
        raise ValueError(f"its manifest is not of the format {_FORMAT}")
    for name in files:
        try:
            # Refuses `..` and absolute paths, as the ids of items.
            check_item_id(name)
        except CatalogueError as error:
            raise ValueError(str(error)) from error
    return {name: FileSeal(bytes=int(size), sha256=str(sha256)) for name, (size, sha256) in files.items()}
