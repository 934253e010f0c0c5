"""Finds the pictures in an object store, by the same rules as in a folder."""

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase

from model.catalogue.attributes_csv import ATTRIBUTES_FILE
from model.catalogue.folder_walk import JUNK, OTHER_FILE, OWN, OWN_OUTPUT
from model.catalogue.junk_names import is_junk
from pictures.formats import SUFFIXES
from storage.object_root import ObjectRoot


class ObjectWalk:
    """Finds the pictures below a prefix.

    Args:
        root: the prefix.

    Attributes:
        skipped: how much was passed over, by the reason.
    """

    def __init__(self, root: ObjectRoot) -> None:
        self._root = root
        self.skipped: Counter[str] = Counter()

    def pictures(self) -> Iterator[str]:
        """The names of all pictures, in no particular order."""
        own = self._own_folders()
        skipped: set[tuple[str, str]] = set()
        for name in self._root.objects:
            passed_over = _first_skipped(name, own)
            if passed_over is not None:
                skipped.add(passed_over)
            elif any(segment.startswith(".") for segment in name.split("/")):
                continue
            elif name.lower().endswith(SUFFIXES):
                yield name
            elif name != ATTRIBUTES_FILE:
                self.skipped[OTHER_FILE] += 1
        self.skipped.update(reason for reason, _ in skipped)

    def _own_folders(self) -> set[str]:
        folders = set()
        for path in self._root.objects:
            folder, _, name = path.rpartition("/")
            if folder and any(fnmatchcase(name, own) for own in OWN_OUTPUT):
                folders.add(folder)
        return folders


def _first_skipped(name: str, own: set[str]) -> tuple[str, str] | None:
    """Why a name is passed over, and the folder or file because of which; None if it is not."""
    path = ""
    for segment in name.split("/"):
        path = f"{path}/{segment}" if path else segment
        if is_junk(segment):
            return JUNK, path
        if segment.startswith("."):
            return None
        if path in own:
            return OWN, path
    return None
