"""Walks a folder of pictures: what is a picture, what is passed over, and which links are followed."""

import os
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Protocol

from contracts.errors import CatalogueError
from model.catalogue.attributes_csv import ATTRIBUTES_FILE
from model.catalogue.bad_rows import BadRows
from model.catalogue.junk_names import is_junk
from pictures.formats import SUFFIXES, suffixes_in_words

# Files by which a folder that Lookalike wrote itself (embeddings, bundle, checkpoint) is known: charts
# in it are no items.
OWN_OUTPUT: Final = ("embeddings-*.npy", "items-*.jsonl", "journal.bin", "vectors.npy", "*.safetensors")

OTHER_FILE: Final = f"files skipped because they are not {suffixes_in_words()} pictures"
_LINK: Final = (
    "links to folders, or to files outside the catalogue, not followed (--follow-links follows those that lead to "
    "files and folders)"
)
OWN: Final = "folders skipped because Lookalike wrote them itself"
JUNK: Final = "folders and files skipped because a system created them, such as @eaDir, #recycle or Thumbs.db"
_LOOP: Final = "links skipped because they lead to a folder that has already been read"


class PictureWalk(Protocol):
    """Finds the pictures of a catalogue.

    Attributes:
        skipped: how much was passed over, by the reason.
    """

    skipped: Counter[str]

    def pictures(self) -> Iterator[str]:
        """Their paths below the root, POSIX separators, in no particular order."""
        ...


class FolderWalk:
    """Finds the pictures below a folder.

    Args:
        root: absolute and resolved.
        bad: takes folders that cannot be read.
        follow_links: whether to follow links to folders, and to files outside the root.

    Attributes:
        skipped: how much was passed over, by the reason.
    """

    def __init__(self, root: Path, bad: BadRows, *, follow_links: bool) -> None:
        self._root = root
        self._bad = bad
        self._follow_links = follow_links
        self._read: set[str] = set()
        self.skipped: Counter[str] = Counter()

    def pictures(self) -> Iterator[str]:
        """The paths of all pictures below the root, POSIX separators, in no particular order.

        Raises:
            CatalogueError: the root cannot be read, or a folder cannot and the tolerance is strict.
        """
        folders = [""]
        while folders:
            folder = folders.pop()
            entries = self._entries(folder)
            if folder and any(fnmatchcase(entry.name, own) for entry in entries for own in OWN_OUTPUT):
                self.skipped[OWN] += 1
                continue
            for entry in entries:
                below = f"{folder}/{entry.name}" if folder else entry.name
                if is_junk(entry.name):
                    self.skipped[JUNK] += 1
                elif entry.name.startswith("."):
                    continue
                elif self._leads_away(entry):
                    self.skipped[_LINK] += 1
                elif _is_folder(entry):
                    folders.append(below)
                elif entry.name.lower().endswith(SUFFIXES) and entry.is_file():
                    yield below
                elif below != ATTRIBUTES_FILE:
                    self.skipped[OTHER_FILE] += 1

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        place = self._root / folder
        if self._follow_links:
            real = os.path.realpath(place)
            if real in self._read:
                self.skipped[_LOOP] += 1
                return []
            self._read.add(real)
        try:
            with os.scandir(place) as scan:
                return list(scan)
        except OSError as error:
            reason = f"cannot be read: {error.strerror}; check its permissions or move it away"
            if not folder:
                raise CatalogueError(f"{place} {reason}") from error
            self._bad.add(self._root, None, folder, f"is a folder that {reason}")
            return []

    def _leads_away(self, entry: os.DirEntry[str]) -> bool:
        """Whether an entry is a link that is not followed."""
        if not entry.is_symlink():
            return False
        # realpath, unlike Path.resolve, has no error of its own for a link that leads to itself.
        target = Path(os.path.realpath(entry.path))
        if self._follow_links:
            return not (target.is_file() or target.is_dir())
        return not (target.is_relative_to(self._root) and target.is_file())


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
